import type { Studio } from '../../stream/studio.ts';
import { loadModel } from '../../model/model.ts';
import { openColorizer } from '../../model/open-colorizer.ts';
import { PixelPool } from '../../stream/pixels/pixel-pool.ts';
import type { FileOptions } from './file.ts';
import type { Reporter } from '../../log/reporter.ts';

/** Opens the network and the pixel threads once for all inputs of a command. */
export async function openStudio(
  options: Pick<FileOptions, 'model' | 'engine' | 'device' | 'embedding'>,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Studio & AsyncDisposable> {
  const model = await loadModel(options.model);
  const colorizer = await openColorizer({
    ...{ model, engine: options.engine, device: options.device },
    ...(options.embedding === undefined ? {} : { embeddingFile: options.embedding }),
  });
  const pixels = new PixelPool();
  return {
    ...{ colorizer, pixels, reporter, signal },
    async [Symbol.asyncDispose]() {
      await Promise.all([colorizer[Symbol.asyncDispose](), pixels[Symbol.asyncDispose]()]);
    },
  };
}
