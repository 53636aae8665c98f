/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { requireEqualLength } from './require.ts';

/**
 * Mean squared error of two pictures, in float: 8-bit integers would wrap below zero.
 * @param a - samples 0..255 (RGB interleaved, or any other equal layout); not modified
 * @param b - as long as `a`
 * @returns mean of (a - b)², 0..65025
 * @throws {AppError} `USAGE` when the lengths differ or are 0
 */
export function meanSquaredError(a: Uint8Array, b: Uint8Array): number {
  requireEqualLength('PSNR', a, b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum / a.length;
}

/**
 * Peak signal-to-noise ratio over all samples of all channels together, peak 255.
 * @param a - samples 0..255; not modified
 * @param b - as long as `a`
 * @returns decibels; Infinity for equal pictures
 * @throws {AppError} `USAGE` when the lengths differ or are 0
 */
export function psnrDb(a: Uint8Array, b: Uint8Array): number {
  return 10 * Math.log10((255 * 255) / meanSquaredError(a, b));
}
