/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import type { SizePx } from '../../frame.ts';
import { requireEqualLength, requireLength } from './require.ts';

const windowPx = 11;
const sigmaPx = 1.5;
/** (K1·255)² and (K2·255)² with K1 = 0.01, K2 = 0.03 of the paper. */
const c1 = (0.01 * 255) ** 2;
const c2 = (0.03 * 255) ** 2;

/**
 * Structural similarity of two planes: 11 x 11 Gaussian window with sigma 1.5, only at points where the whole window
 * lies in the picture.
 * @param a - plane `[height * width]`, 0..255; not modified
 * @param b - as `a`
 * @param size - of both, at least 11 x 11 pixels
 * @returns mean SSIM, -1..1; 1 for equal planes
 * @throws {AppError} `USAGE` when the lengths do not match the size, or the picture is below 11 x 11
 * @see Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment", IEEE TIP 13(4), 2004
 */
export function ssimPlane(a: ArrayLike<number>, b: ArrayLike<number>, size: SizePx): number {
  const pixels = size.widthPx * size.heightPx;
  requireEqualLength('SSIM', a, b);
  requireLength('SSIM', a.length, pixels);
  requireLength(
    'SSIM: picture of 11 x 11 or more',
    Math.min(size.widthPx, size.heightPx, windowPx),
    windowPx,
  );
  const products = [a, b, multiply(a, a), multiply(b, b), multiply(a, b)];
  const [meanA, meanB, meanAA, meanBB, meanAB] = products.map((plane) => blurInside(plane, size));
  let sum = 0;
  for (let i = 0; i < meanA!.length; i++) {
    const ma = meanA![i]!;
    const mb = meanB![i]!;
    const varianceA = meanAA![i]! - ma * ma;
    const varianceB = meanBB![i]! - mb * mb;
    const covariance = meanAB![i]! - ma * mb;
    sum +=
      ((2 * ma * mb + c1) * (2 * covariance + c2)) /
      ((ma * ma + mb * mb + c1) * (varianceA + varianceB + c2));
  }
  return sum / meanA!.length;
}

/** Whether a picture is large enough for the window. */
export function canHaveSsim({ widthPx, heightPx }: SizePx): boolean {
  return widthPx >= windowPx && heightPx >= windowPx;
}

/**
 * Structural similarity of two RGB pictures as the mean over their three channels.
 * @param a - RGB interleaved, `[height * width * 3]`, 0..255; not modified
 * @param b - as `a`
 * @param size - of both, at least 11 x 11 pixels
 * @returns mean SSIM, -1..1
 * @throws {AppError} `USAGE` as {@link ssimPlane}
 */
export function ssimRgb(a: Uint8Array, b: Uint8Array, size: SizePx): number {
  requireEqualLength('SSIM', a, b);
  requireLength('SSIM', a.length, size.widthPx * size.heightPx * 3);
  let sum = 0;
  for (let channel = 0; channel < 3; channel++) {
    sum += ssimPlane(takeChannel(a, channel), takeChannel(b, channel), size);
  }
  return sum / 3;
}

/**
 * BT.601 luma of an RGB picture, in float.
 * @param rgb - interleaved, `[pixels * 3]`, 0..255; not modified
 * @returns Y', `[pixels]`, 0..255; a new array the caller owns
 */
export function lumaOfRgb(rgb: Uint8Array): Float32Array {
  const luma = new Float32Array(rgb.length / 3);
  for (let i = 0, p = 0; i < luma.length; i++, p += 3) {
    luma[i] = 0.299 * rgb[p]! + 0.587 * rgb[p + 1]! + 0.114 * rgb[p + 2]!;
  }
  return luma;
}

function gaussianTaps(): Float64Array {
  const taps = new Float64Array(windowPx);
  const centre = (windowPx - 1) / 2;
  let sum = 0;
  for (let i = 0; i < windowPx; i++) {
    taps[i] = Math.exp(-((i - centre) ** 2) / (2 * sigmaPx ** 2));
    sum += taps[i]!;
  }
  return taps.map((tap) => tap / sum);
}

/** Gaussian mean at each pixel whose window lies inside: `[(height - 10) * (width - 10)]`. */
function blurInside(plane: ArrayLike<number>, size: SizePx): Float64Array {
  const taps = gaussianTaps();
  const width = size.widthPx - windowPx + 1;
  const height = size.heightPx - windowPx + 1;
  const rows = new Float64Array(width * size.heightPx);
  for (let y = 0; y < size.heightPx; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < windowPx; k++) sum += taps[k]! * plane[y * size.widthPx + x + k]!;
      rows[y * width + x] = sum;
    }
  }
  const blurred = new Float64Array(width * height);
  for (let k = 0; k < windowPx; k++) {
    const tap = taps[k]!;
    const offset = k * width;
    for (let i = 0; i < blurred.length; i++) blurred[i]! += tap * rows[offset + i]!;
  }
  return blurred;
}

function multiply(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const product = new Float64Array(a.length);
  for (let i = 0; i < product.length; i++) product[i] = a[i]! * b[i]!;
  return product;
}

function takeChannel(rgb: Uint8Array, channel: number): Uint8Array {
  const plane = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < plane.length; i++) plane[i] = rgb[i * 3 + channel]!;
  return plane;
}
