import { createHash } from 'node:crypto';
import { fingerprintOf, sha256File } from '../../../files/fingerprint.ts';
import type { Colorizer } from '../../../model/colorizer.ts';
import { pixelVersion } from '../../../model/pixel-version.ts';
import type { CompleteFilmOptions } from '../film-options.ts';
import type { ImageFormat } from './image-format.ts';

/**
 * A sum over everything that a coloured still depends on.
 * @param file - the picture that is coloured, whole
 */
export async function stillFingerprint(
  file: Uint8Array,
  format: ImageFormat,
  { size, temperature, saturation }: CompleteFilmOptions,
  { model, engine, device, embedding }: Pick<Colorizer, 'model' | 'engine' | 'device' | 'embedding'>,
): Promise<string> {
  return fingerprintOf({
    file: createHash('sha256').update(file).digest('hex'),
    format,
    size,
    temperature,
    saturation,
    weights: model.weights.map(({ sha256 }) => sha256),
    embedding: embedding.bundled?.sha256 ?? (await sha256File(embedding.path)),
    engine,
    device,
    pixels: pixelVersion,
  });
}
