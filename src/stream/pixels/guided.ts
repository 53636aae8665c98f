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

/** Half side of the window, small pixels. */
const radiusPx = 3;
/** Luma variance (of 0..1) below which a window counts as flat: (2.5 %) squared. */
const flatness = 0.025 ** 2;

/**
 * Fits chroma to luma in every window, each pixel weighed by how sure its colour is: the fast guided
 * filter's coefficients (He, Sun & Tang 2013; He & Sun 2015). Applied to the full-size luma they put
 * the edges of colour on the edges of luma, and colour pixels that have none from their like.
 * @param luma - small picture, full-range Y' bytes `[h * w]`
 * @param cb - `[h * w]`, -0.5..0.5; `cr` likewise
 * @param weight - `[h * w]`, 0 and up; windows without weight come out neutral
 */
export function fitChroma(
  luma: Uint8Array,
  cb: Float32Array,
  cr: Float32Array,
  weight: Float32Array,
  size: SizePx,
): ChromaModel {
  const count = luma.length;
  const [w, y, yy] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  const [b, r] = [new Float32Array(count), new Float32Array(count)];
  const [yb, yr] = [new Float32Array(count), new Float32Array(count)];
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
  const scratch = new Float32Array(count);
  for (const plane of [w, y, yy, b, r, yb, yr]) boxSum(plane, scratch, size);
  const model: ChromaModel = { cbSlope: yb, cbBase: b, crSlope: yr, crBase: r };
  for (let i = 0; i < count; i++) {
    const total = 1 / w[i]!;
    const meanY = y[i]! * total;
    const meanB = b[i]! * total;
    const meanR = r[i]! * total;
    const spread = 1 / (Math.max(0, yy[i]! * total - meanY * meanY) + flatness);
    const slopeB = (yb[i]! * total - meanY * meanB) * spread;
    const slopeR = (yr[i]! * total - meanY * meanR) * spread;
    model.cbSlope[i] = slopeB;
    model.cbBase[i] = meanB - slopeB * meanY;
    model.crSlope[i] = slopeR;
    model.crBase[i] = meanR - slopeR * meanY;
  }
  const area = (2 * radiusPx + 1) ** 2;
  for (const plane of [model.cbSlope, model.cbBase, model.crSlope, model.crBase])
    boxSum(plane, scratch, size, area);
  return model;
}

/** Replaces each value by the sum (over `divisor`) of the window round it; edge windows repeat the edge. */
function boxSum(plane: Float32Array, scratch: Float32Array, size: SizePx, divisor = 1): void {
  const { widthPx: width, heightPx: height } = size;
  for (let y = 0; y < height; y++) {
    const base = y * width;
    const end = base + width - 1;
    let sum = plane[base]! * (radiusPx + 1);
    for (let k = 1; k <= radiusPx; k++) sum += plane[Math.min(base + k, end)]!;
    for (let x = 0; x < width; x++) {
      scratch[base + x] = sum;
      sum += plane[Math.min(base + x + radiusPx + 1, end)]! - plane[Math.max(base + x - radiusPx, base)]!;
    }
  }
  const sums = new Float32Array(width);
  const scale = 1 / divisor;
  for (let x = 0; x < width; x++) sums[x] = scratch[x]! * (radiusPx + 1);
  for (let k = 1; k <= radiusPx; k++) {
    const base = Math.min(k, height - 1) * width;
    for (let x = 0; x < width; x++) sums[x]! += scratch[base + x]!;
  }
  for (let y = 0; y < height; y++) {
    const base = y * width;
    const enter = Math.min(y + radiusPx + 1, height - 1) * width;
    const leave = Math.max(y - radiusPx, 0) * width;
    for (let x = 0; x < width; x++) {
      plane[base + x] = sums[x]! * scale;
      sums[x]! += scratch[enter + x]! - scratch[leave + x]!;
    }
  }
}
