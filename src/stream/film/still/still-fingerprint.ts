import { createHash } from 'node:crypto';
import { fingerprintOf } from '../../../files/fingerprint.ts';
import { filmDefaults, type CompleteFilmOptions } from '../film-options.ts';
import { networkFacts, type NetworkIdentity } from '../plan/network-facts.ts';
import type { ImageFormat } from './image-format.ts';

/**
 * A checksum of everything that a coloured still depends on.
 * @param file - the whole file of the input
 */
export async function stillFingerprint(
  file: Uint8Array,
  format: ImageFormat,
  { size, temperature, liveliness, saturation }: CompleteFilmOptions,
  colorizer: NetworkIdentity,
): Promise<string> {
  return fingerprintOf({
    file: createHash('sha256').update(file).digest('hex'),
    format,
    size,
    temperature,
    liveliness: liveliness === filmDefaults.liveliness ? undefined : liveliness,
    saturation,
    ...(await networkFacts(colorizer)),
  });
}
