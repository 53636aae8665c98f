/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { countPixels, requireMask, type PixelMask } from './pixel-mask.ts';
import { requireEqualLength, requireLength } from './require.ts';

/**
 * Mean squared error of two RGB pictures, in float: 8-bit integers would wrap below zero.
 * @param a - interleaved RGB, `[pixels * 3]`, 0..255; not modified
 * @param b - as long as `a`
 * @param mask - the pixels that count; absent: all
 * @returns mean of (a - b)² over the samples of all channels, 0..65025; NaN when the mask is empty
 * @throws {AppError} `USAGE` when the sizes differ or are 0
 */
export function meanSquaredError(a: Uint8Array, b: Uint8Array, mask?: PixelMask): number {
  requireEqualLength('PSNR', a, b);
  const pixels = Math.floor(a.length / 3);
  requireLength('PSNR', a.length, pixels * 3);
  requireMask('PSNR', pixels, mask);
  let sum = 0;
  for (let i = 0, p = 0; i < pixels; i++, p += 3) {
    if (mask !== undefined && mask[i] === 0) continue;
    const red = a[p]! - b[p]!;
    const green = a[p + 1]! - b[p + 1]!;
    const blue = a[p + 2]! - b[p + 2]!;
    sum += red * red + green * green + blue * blue;
  }
  return sum / (3 * countPixels(pixels, mask));
}

/**
 * Peak signal-to-noise ratio of a mean squared error, peak 255.
 * @param error - from {@link meanSquaredError}, or a mean of several
 * @returns decibels; Infinity for 0
 */
export function psnrOfError(error: number): number {
  return 10 * Math.log10((255 * 255) / error);
}

/**
 * Peak signal-to-noise ratio over the samples of all channels together, peak 255.
 * @param a - interleaved RGB, `[pixels * 3]`, 0..255; not modified
 * @param b - as long as `a`
 * @param mask - the pixels that count; absent: all
 * @returns decibels; Infinity for equal pictures, NaN when the mask is empty
 * @throws {AppError} `USAGE` when the sizes differ or are 0
 */
export function psnrDb(a: Uint8Array, b: Uint8Array, mask?: PixelMask): number {
  return psnrOfError(meanSquaredError(a, b, mask));
}
