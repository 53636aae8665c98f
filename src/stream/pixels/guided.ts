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
 * Half side of the window that suits answers of a stride, small pixels: about as far as their edges lie beside luma's.
 * An answer for each pixel, as a camera's own model gives it, is best left alone (docs/benchmarks.md).
 */
export function windowRadius(stride: number): number {
  return stride === 1 ? 0 : Math.ceil((3 * stride) / 4);
}

/** Luma variance (of 0..1) below which a window counts as flat: (2.5 %) squared. */
const flatness = 0.025 ** 2;

/**
 * Fits chroma to luma in every window, each pixel weighed by how sure its colour is: the fast guided
 * filter's coefficients (He, Sun & Tang 2013; He & Sun 2015). Applied to the full-size luma they put
 * the edges of colour on the edges of luma, and colour pixels that have none from their like.
 * @param luma - small picture, full-range Y' bytes `[h * w]`
 * @param cb - `[h * w]`, -0.5..0.5; `cr` likewise
 * @param weight - `[h * w]`, 0 and up; windows without weight come out neutral
 * @param radiusPx - half side of the window, small pixels; 0: each pixel has its own chroma, whatever its luma
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
  const area = (2 * radiusPx + 1) ** 2;
  for (const plane of [model.cbSlope, model.cbBase, model.crSlope, model.crBase])
    boxSum(plane, scratch, size, radiusPx, area);
  return model;
}

/** Weight, luma, chroma and their products, each weighed; sums of them over a window say what line fits best. */
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
    const wi = weight[i]! + 1e-4;
    const yi = luma[i]! / 255;
    w[i] = wi;
    y[i] = wi * yi;
    yy[i] = wi * yi * yi;
    b[i] = wi * cb[i]!;
    r[i] = wi * cr[i]!;
    yb[i] = wi * yi * cb[i]!;
    yr[i] = wi * yi * cr[i]!;
  }
  return moments;
}

/** The line of each window. The moments' memory becomes the model's. */
function linearModel({ w, y, yy, b, r, yb, yr }: Moments): ChromaModel {
  const model = { cbSlope: yb, cbBase: b, crSlope: yr, crBase: r };
  for (let i = 0; i < w.length; i++) {
    const total = 1 / w[i]!;
    const meanY = y[i]! * total;
    const meanB = b[i]! * total;
    const meanR = r[i]! * total;
    const spread = 1 / (Math.max(0, yy[i]! * total - meanY * meanY) + flatness);
    const slopeB = (yb[i]! * total - meanY * meanB) * spread;
    const slopeR = (yr[i]! * total - meanY * meanR) * spread;
    yb[i] = slopeB;
    b[i] = meanB - slopeB * meanY;
    yr[i] = slopeR;
    r[i] = meanR - slopeR * meanY;
  }
  return model;
}

/** Replaces each value by the sum (over `divisor`) of the window round it; edge windows repeat the edge. */
function boxSum(
  plane: Float32Array,
  scratch: Float32Array,
  size: SizePx,
  radiusPx: number,
  divisor = 1,
): void {
  if (radiusPx === 0) return; // a window of one pixel is its own sum, and mean
  sumAcross(plane, scratch, size, radiusPx);
  sumDown(scratch, plane, size, { radiusPx, scale: 1 / divisor });
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
    let sum = plane[base]! * (radiusPx + 1);
    for (let k = 1; k <= radiusPx; k++) sum += plane[Math.min(base + k, end)]!;
    for (let x = 0; x < width; x++) {
      out[base + x] = sum;
      sum += plane[Math.min(base + x + radiusPx + 1, end)]! - plane[Math.max(base + x - radiusPx, base)]!;
    }
  }
}

function sumDown(
  plane: Float32Array,
  out: Float32Array,
  { widthPx: width, heightPx: height }: SizePx,
  { radiusPx, scale }: { readonly radiusPx: number; readonly scale: number },
): void {
  const sums = new Float32Array(width);
  for (let x = 0; x < width; x++) sums[x] = plane[x]! * (radiusPx + 1);
  for (let k = 1; k <= radiusPx; k++) {
    const base = Math.min(k, height - 1) * width;
    for (let x = 0; x < width; x++) sums[x]! += plane[base + x]!;
  }
  for (let y = 0; y < height; y++) {
    const base = y * width;
    const enter = Math.min(y + radiusPx + 1, height - 1) * width;
    const leave = Math.max(y - radiusPx, 0) * width;
    for (let x = 0; x < width; x++) {
      out[base + x] = sums[x]! * scale;
      sums[x]! += plane[enter + x]! - plane[leave + x]!;
    }
  }
}
