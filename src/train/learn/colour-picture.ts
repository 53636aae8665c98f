/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import type { SizePx } from '../../frame.ts';
import { labToRgb, lightnessTable } from '../../model/lab.ts';

/**
 * Luma's lightness with some colour.
 * @param luma - `[h * w]` full-range bytes
 * @param ab - `[2, h, w]` a*, b*
 * @returns `[h * w * 3]` sRGB bytes, colours outside sRGB clipped; a new array the caller owns
 */
export function colourPicture(luma: Uint8Array, ab: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array(luma.length * 3);
  const one = new Float32Array(3);
  for (let i = 0; i < luma.length; i++) {
    labToRgb(lightness[luma[i]!]!, ab[i]!, ab[luma.length + i]!, one);
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(one[c]! * 255);
  }
  return rgb;
}

/** The same without colour. */
export function grayPicture(luma: Uint8Array): Uint8Array {
  return colourPicture(luma, new Float32Array(luma.length * 2));
}

const lightness = lightnessTable();

/**
 * Brings a network's answer to luma's size: bilinear, half-pixel centres.
 * @param answer - `[2, rows, columns]` a*, b*
 * @returns `[2, h, w]`; a new array the caller owns
 */
export function enlargeColour(
  answer: Float32Array,
  [rows, columns]: readonly [number, number],
  { widthPx, heightPx }: SizePx,
): Float32Array {
  const out = new Float32Array(2 * widthPx * heightPx);
  const across = Float32Array.from({ length: widthPx }, (_, x) => position(x, widthPx, columns));
  for (let row = 0; row < 2 * heightPx; row++) {
    const plane = row < heightPx ? 0 : rows * columns;
    const v = position(row % heightPx, heightPx, rows);
    const top = plane + Math.floor(v) * columns;
    const bottom = plane + Math.min(Math.floor(v) + 1, rows - 1) * columns;
    for (let x = 0; x < widthPx; x++) {
      const left = Math.floor(across[x]!);
      const right = Math.min(left + 1, columns - 1);
      const u = across[x]! - left;
      const upper = answer[top + left]! * (1 - u) + answer[top + right]! * u;
      const lower = answer[bottom + left]! * (1 - u) + answer[bottom + right]! * u;
      out[row * widthPx + x] = upper + (lower - upper) * (v - Math.floor(v));
    }
  }
  return out;
}

function position(at: number, outSize: number, inSize: number): number {
  return Math.min(Math.max(((at + 0.5) * inSize) / outSize - 0.5, 0), inSize - 1);
}
