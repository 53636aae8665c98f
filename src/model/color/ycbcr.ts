import type { YuvMatrix } from '../../frame.ts';

/** Red's and blue's share of luma: ITU-R BT.601-7 2.5.1, BT.709-6 3.2, BT.2020-2 table 4 (non-constant luminance). */
export const lumaWeights: Readonly<Record<YuvMatrix, { readonly kr: number; readonly kb: number }>> = {
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
