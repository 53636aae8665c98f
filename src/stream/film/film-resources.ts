import type { Reporter } from '../../log/reporter.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import { openModels } from '../../model/open-models.ts';
import { PixelPool } from '../pixels/pixel-pool.ts';
import { withDefaults, type NetworkOptions } from './film-options.ts';

/** The resources for colouring films, pictures and frames. The owner may use them for many, one after the other. */
export interface FilmResources {
  readonly colorizer: Colorizer;
  readonly pixels: PixelPool;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The resources of a call; the call itself opens and frees what is missing. */
export interface CallOptions {
  /**
   * Resources that were opened earlier for many calls and stay open. Network options, `reporter` and `signal` then come
   * from them.
   */
  readonly resources?: FilmResources | undefined;
  /** Takes warnings and progress. Default: silent. */
  readonly reporter?: Reporter | undefined;
  /** Stops the call, which then throws `INTERRUPTED`. Default: nothing stops it. */
  readonly signal?: AbortSignal | undefined;
}

/** Prints nothing. */
export const silentReporter: Reporter = {
  line: () => undefined,
  warn: () => undefined,
  progress: () => undefined,
  endProgress: () => undefined,
  table: () => undefined,
};

/**
 * Opens the network and the threads for pixels. The network is still being built when this resolves; work that needs it waits.
 * @returns resources that the caller owns and disposes of
 * @throws {AppError} MODEL_INVALID, MODEL_MISMATCH, DEVICE_UNAVAILABLE; faults that show while the network is built are thrown
 *   by the calls that use it
 */
export async function openFilmResources(
  options: NetworkOptions & Pick<CallOptions, 'reporter' | 'signal'> = {},
): Promise<FilmResources & AsyncDisposable> {
  const { reporter = silentReporter, signal = new AbortController().signal } = options;
  const { model, blend, engine, device, precision, embedding } = withDefaults(networkOptions(options));
  const colorizer = await openModels({
    model,
    blend,
    engine,
    device,
    precision,
    inBackground: true,
    ...(embedding === undefined ? {} : { embeddingFile: embedding }),
  });
  const pixels = new PixelPool();
  return {
    colorizer,
    pixels,
    reporter,
    signal,
    async [Symbol.asyncDispose]() {
      await Promise.all([colorizer[Symbol.asyncDispose](), pixels[Symbol.asyncDispose]()]);
    },
  };
}

/** The resources that the caller has opened, which stay open; otherwise new ones, which are freed with the result. */
export async function resourcesFor(
  options: NetworkOptions & CallOptions,
): Promise<FilmResources & AsyncDisposable> {
  const { resources } = options;
  if (resources === undefined) return openFilmResources(options);
  return { ...resources, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function networkOptions({
  model,
  blend,
  engine,
  device,
  precision,
  embedding,
}: NetworkOptions): NetworkOptions {
  return { model, blend, engine, device, precision, embedding };
}
