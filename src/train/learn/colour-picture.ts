/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { labToRgb, lightnessTable } from '../../model/color/lab.ts';

/**
 * Joins the lightness of a luma picture with colour.
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
