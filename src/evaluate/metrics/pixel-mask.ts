/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { AppError } from '../../errors.ts';
import { requireEqualLength } from './require.ts';

/** The pixels of a picture that a measure uses: `[pixels]`; 0 leaves a pixel out. */
export type PixelMask = Uint8Array;

/** A pixel whose L* differs from the median frame by this much shows something that moves. */
export const movingLightness = 8;

/**
 * Marks the pixels of a frame that show something that moves.
 * @param lightness - L* of the frame, `[pixels]`, 0..100; not modified
 * @param median - L* of the median frame, `[pixels]`; see `medianPlane`; not modified
 * @param mask - receives the result; default: a new one, which the caller owns
 * @returns the mask: 1 where L* is more than 8 away from the median, else 0
 * @throws {AppError} `USAGE` when the sizes differ
 */
export function movingMask(
  lightness: Float32Array,
  median: Float32Array,
  mask: PixelMask = new Uint8Array(median.length),
): PixelMask {
  requireEqualLength('moving pixels', lightness, median);
  requireEqualLength('moving pixels', mask, median);
  for (let i = 0; i < mask.length; i++) {
    mask[i] = Math.abs(lightness[i]! - median[i]!) > movingLightness ? 1 : 0;
  }
  return mask;
}

/** Number of pixels that a measure uses; without a mask it uses all. */
export function countPixels(pixels: number, mask: PixelMask | undefined): number {
  if (mask === undefined) return pixels;
  let count = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) count += 1;
  return count;
}

/**
 * Throws if a mask does not have the picture's size.
 * @param metric - name of the measure, for the message
 * @throws {AppError} `USAGE`
 */
export function requireMask(metric: string, pixels: number, mask: PixelMask | undefined): void {
  if (mask === undefined || mask.length === pixels) return;
  throw new AppError('USAGE', `${metric}: expected a mask of ${pixels} pixels but got ${mask.length}`, {
    cure: 'Make the mask from a picture of the same size.',
  });
}
