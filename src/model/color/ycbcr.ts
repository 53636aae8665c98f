import type { LumaRange, YuvMatrix } from '../../frame.ts';

/** Red's and blue's share of luma: ITU-R BT.601-7 2.5.1, BT.709-6 3.2, BT.2020-2 table 4 (non-constant luminance). */
const lumaWeights: Readonly<Record<YuvMatrix, { readonly kr: number; readonly kb: number }>> = {
  bt601: { kr: 0.299, kb: 0.114 },
  bt709: { kr: 0.2126, kb: 0.0722 },
  bt2020: { kr: 0.2627, kb: 0.0593 },
};

/**
 * Colour differences of an R'G'B' colour.
 * @param red - R', 0..1
 * @param green - G', 0..1
 * @param blue - B', 0..1
 * @param matrix - the picture's
 * @param out - its first two elements get Cb, Cr, -0.5..0.5
 */
export function rgbToCbCr(
  red: number,
  green: number,
  blue: number,
  matrix: YuvMatrix,
  out: Float32Array,
): void {
  const { kr, kb } = lumaWeights[matrix];
  const luma = kr * red + (1 - kr - kb) * green + kb * blue;
  out[0] = (blue - luma) / (2 * (1 - kb));
  out[1] = (red - luma) / (2 * (1 - kr));
}

/**
 * R'G'B' of luma and colour differences; not clipped.
 * @param luma - Y', 0..1
 * @param cb - Cb, -0.5..0.5
 * @param cr - Cr, -0.5..0.5
 * @param matrix - the picture's
 * @param out - its first three elements get R', G', B', 0..1 for colours that exist
 */
export function ycbcrToRgb(luma: number, cb: number, cr: number, matrix: YuvMatrix, out: Float32Array): void {
  const { kr, kb } = lumaWeights[matrix];
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  out[0] = red;
  out[1] = (luma - kr * red - kb * blue) / (1 - kr - kb);
  out[2] = blue;
}

/** How a colour difference becomes a sample: `center + scale * difference`, within min..max. */
export interface ChromaScale {
  readonly center: number;
  readonly scale: number;
  readonly min: number;
  readonly max: number;
}

/**
 * How colour differences become n-bit samples.
 * @param bitDepth - 8..16
 * @param range - limited: 16..240 at 8 bit; full: 0..255
 * @see ITU-T H.273, equations 30 to 38
 */
export function chromaScale(bitDepth: number, range: LumaRange): ChromaScale {
  const unit = 2 ** (bitDepth - 8);
  const center = 128 * unit;
  if (range === 'limited') return { center, scale: 224 * unit, min: 16 * unit, max: 240 * unit };
  const max = 256 * unit - 1;
  return { center, scale: max, min: 0, max };
}

/**
 * A colour difference as a sample, rounded and kept within the range's codes.
 * @param difference - Cb or Cr, -0.5..0.5
 * @param scale - from `chromaScale`
 * @returns a whole number
 */
export function chromaCode(difference: number, { center, scale, min, max }: ChromaScale): number {
  return Math.min(max, Math.max(min, Math.round(center + scale * difference)));
}
