import { chromaSize, type SizePx } from '../../../frame.ts';
import { rgbToLab } from '../../../model/color/lab.ts';
import { ycbcrToRgb } from '../../../model/color/ycbcr.ts';
import { scalePlane } from '../scale.ts';
import type { ColorState } from '../steady.ts';

/** The chroma planes of a camera's own picture, 4:2:0, full range, BT.601. */
export interface OwnChroma {
  readonly cb: Uint8Array;
  readonly cr: Uint8Array;
  /** Of each plane. */
  readonly size: SizePx;
}

/** The chroma that follows the luma in a frame's memory. @param size - of the luma, both sides even */
export function ownChroma(memory: SharedArrayBuffer, size: SizePx): OwnChroma {
  const half = chromaSize(size, '420');
  const luma = size.widthPx * size.heightPx;
  const count = half.widthPx * half.heightPx;
  return {
    cb: new Uint8Array(memory, luma, count),
    cr: new Uint8Array(memory, luma + count, count),
    size: half,
  };
}

/**
 * Scales a camera's chroma into a picture's planes.
 * @param planes - Cb and Cr of `size`; overwritten
 * @param gain - 0: gray, 1: as it is
 */
export function fillOwnChroma(
  from: OwnChroma,
  planes: readonly [Uint8Array, Uint8Array],
  size: SizePx,
  gain: number,
): void {
  scalePlane(from.cb, from.size, planes[0], size);
  scalePlane(from.cr, from.size, planes[1], size);
  if (gain >= 1) return;
  for (const plane of planes)
    for (let i = 0; i < plane.length; i++) plane[i] = 128 + Math.round((plane[i]! - 128) * gain);
}

/**
 * Copies a camera's own colour into the carried colour, so the daylight colour can be learnt.
 * @param small - luma of the network's size, full range
 * @param color - of the same size; overwritten
 */
export function takeOwnColor(from: OwnChroma, small: Uint8Array, size: SizePx, color: ColorState): void {
  const { widthPx: width, heightPx: height } = size;
  const count = width * height;
  const out = new Float32Array(3);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * from.size.heightPx) / height) * from.size.widthPx;
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor(((x + 0.5) * from.size.widthPx) / width);
      const i = y * width + x;
      ycbcrToRgb(small[i]! / 255, (from.cb[at]! - 128) / 255, (from.cr[at]! - 128) / 255, 'bt601', out);
      rgbToLab(out[0]!, out[1]!, out[2]!, out);
      color.ab[i] = out[1]!;
      color.ab[count + i] = out[2]!;
    }
  }
  color.weight.fill(1);
}
