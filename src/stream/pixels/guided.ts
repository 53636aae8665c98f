import type { SizePx } from '../../frame.ts';

/**
 * Chroma as a local linear function of luma: `Cb = cbSlope * Y + cbBase`, at the small picture's size.
 * Each array is `[h * w]`; Y is full-range 0..1, chroma is -0.5..0.5.
 */
export interface ChromaModel {
  readonly cbSlope: Float32Array;
  readonly cbBase: Float32Array;
  readonly crSlope: Float32Array;
  readonly crBase: Float32Array;
}

/**
 * The window's radius for answers of this stride, small pixels: about the distance between the edges of colour and of
 * luma. A camera's own model answers for every pixel, and its answer is best left unchanged (docs/lab-book.md).
 */
export function windowRadius(stride: number): number {
  return stride === 1 ? 0 : Math.ceil((3 * stride) / 4);
}

/** Luma variance (of 0..1) below which a window counts as flat: (2.5 %) squared. */
export const flatness = Math.fround(0.025 ** 2);
/** The weight of a pixel without known colour. It only matters where all pixels of a window have none. */
export const leastWeight = Math.fround(1e-4);
/** A luma byte times this is 0..1. */
export const perByte = Math.fround(1 / 255);

const { fround } = Math;

/**
 * Fits chroma to luma in every window, with each pixel weighted by the confidence of its colour. The results are the
 * coefficients of the fast guided filter (He, Sun & Tang 2013; He & Sun 2015). Applied to the full-size luma, they put
 * the edges of colour on the edges of luma, and pixels without colour get the colour of similar pixels.
 *
 * All numbers are rounded to float32 after each step, as SIMD does. Each window is summed separately. A running sum
 * would carry rounding errors from pixels with a high weight into windows with low weights.
 * @param luma - small picture, full-range Y' bytes `[h * w]`
 * @param cb - `[h * w]`, -0.5..0.5; `cr` likewise
 * @param weight - `[h * w]`, 0 or more; windows without weight become neutral
 * @param radiusPx - radius of the window, small pixels; 0: each pixel keeps its own chroma, whatever its luma
 */
export function fitChroma(
  luma: Uint8Array,
  cb: Float32Array,
  cr: Float32Array,
  weight: Float32Array,
  size: SizePx,
  radiusPx: number,
): ChromaModel {
  const moments = weightedMoments(luma, cb, cr, weight);
  const scratch = new Float32Array(luma.length);
  const { w, y, yy, b, r, yb, yr } = moments;
  for (const plane of [w, y, yy, b, r, yb, yr]) boxSum(plane, scratch, size, radiusPx);
  const model = linearModel(moments);
  for (const plane of [model.cbSlope, model.cbBase, model.crSlope, model.crBase]) {
    boxSum(plane, scratch, size, radiusPx);
    divideBy((2 * radiusPx + 1) ** 2, plane);
  }
  return model;
}

/**
 * Weight, luma, chroma and their products, all weighted. Their sums over a window determine the line that fits best.
 */
interface Moments {
  readonly w: Float32Array;
  readonly y: Float32Array;
  readonly yy: Float32Array;
  readonly b: Float32Array;
  readonly r: Float32Array;
  readonly yb: Float32Array;
  readonly yr: Float32Array;
}

function weightedMoments(
  luma: Uint8Array,
  cb: Float32Array,
  cr: Float32Array,
  weight: Float32Array,
): Moments {
  const count = luma.length;
  const plane = (): Float32Array => new Float32Array(count);
  const moments = { w: plane(), y: plane(), yy: plane(), b: plane(), r: plane(), yb: plane(), yr: plane() };
  const { w, y, yy, b, r, yb, yr } = moments;
  for (let i = 0; i < count; i++) {
    const wi = fround(weight[i]! + leastWeight);
    const yi = fround(luma[i]! * perByte);
    const wy = fround(wi * yi);
    w[i] = wi;
    y[i] = wy;
    yy[i] = fround(wy * yi);
    b[i] = fround(wi * cb[i]!);
    r[i] = fround(wi * cr[i]!);
    yb[i] = fround(wy * cb[i]!);
    yr[i] = fround(wy * cr[i]!);
  }
  return moments;
}

/** The line of each window. It reuses the memory of the moments for the model. */
function linearModel({ w, y, yy, b, r, yb, yr }: Moments): ChromaModel {
  const model = { cbSlope: yb, cbBase: b, crSlope: yr, crBase: r };
  for (let i = 0; i < w.length; i++) {
    const total = fround(1 / w[i]!);
    const meanY = fround(y[i]! * total);
    const meanB = fround(b[i]! * total);
    const meanR = fround(r[i]! * total);
    const variance = fround(fround(yy[i]! * total) - fround(meanY * meanY));
    const spread = fround(1 / fround(Math.max(0, variance) + flatness));
    const slopeB = fround(fround(fround(yb[i]! * total) - fround(meanY * meanB)) * spread);
    const slopeR = fround(fround(fround(yr[i]! * total) - fround(meanY * meanR)) * spread);
    yb[i] = slopeB;
    b[i] = fround(meanB - fround(slopeB * meanY));
    yr[i] = slopeR;
    r[i] = fround(meanR - fround(slopeR * meanY));
  }
  return model;
}

/** Replaces each value by the sum of the window around it; edge windows repeat the edge. */
function boxSum(plane: Float32Array, scratch: Float32Array, size: SizePx, radiusPx: number): void {
  if (radiusPx === 0) return; // a window of one pixel is already its sum
  sumAcross(plane, scratch, size, radiusPx);
  sumDown(scratch, plane, size, radiusPx);
}

function sumAcross(
  plane: Float32Array,
  out: Float32Array,
  { widthPx: width, heightPx: height }: SizePx,
  radiusPx: number,
): void {
  for (let y = 0; y < height; y++) {
    const base = y * width;
    const end = base + width - 1;
    for (let x = base; x <= end; x++) {
      let sum = plane[Math.max(x - radiusPx, base)]!;
      for (let k = x - radiusPx + 1; k <= x + radiusPx; k++)
        sum = fround(sum + plane[Math.min(Math.max(k, base), end)]!);
      out[x] = sum;
    }
  }
}

function sumDown(
  plane: Float32Array,
  out: Float32Array,
  { widthPx: width, heightPx: height }: SizePx,
  radiusPx: number,
): void {
  for (let y = 0; y < height; y++) {
    const base = y * width;
    const first = Math.max(y - radiusPx, 0) * width;
    for (let x = 0; x < width; x++) out[base + x] = plane[first + x]!;
    for (let k = y - radiusPx + 1; k <= y + radiusPx; k++) {
      const row = Math.min(Math.max(k, 0), height - 1) * width;
      for (let x = 0; x < width; x++) out[base + x]! += plane[row + x]!;
    }
  }
}

function divideBy(divisor: number, plane: Float32Array): void {
  const share = fround(1 / divisor);
  for (let i = 0; i < plane.length; i++) plane[i]! *= share;
}
