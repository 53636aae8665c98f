import { AppError } from '../errors.ts';
import type { SizePx } from '../frame.ts';

/** Largest picture, megapixels, unless the user allows more: 8K video has 33, most cameras up to 61. */
export const defaultMaxMegapixels = 64;

/**
 * Refuses a picture that would take more memory than a user expects; a small file can hold a huge picture.
 * @param who - the file, for messages
 * @throws {AppError} INPUT_UNSUPPORTED
 */
export function checkPictureSize(
  { widthPx, heightPx }: SizePx,
  who: string,
  maxMegapixels: number = defaultMaxMegapixels,
): void {
  const megapixels = (widthPx * heightPx) / 1e6;
  if (megapixels <= maxMegapixels) return;
  throw new AppError(
    'INPUT_UNSUPPORTED',
    `${who}: expected at most ${maxMegapixels} megapixels but got ${widthPx} x ${heightPx}, ${megapixels.toFixed(1)} megapixels`,
    { cure: 'make it smaller, or allow more with --max-megapixels if there is enough memory' },
  );
}
