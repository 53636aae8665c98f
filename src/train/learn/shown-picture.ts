import type { SizePx } from '../../frame.ts';
import { composeFrame } from '../../stream/pixels/compose-frame.ts';
import { frameBytes, framePlanes } from '../../stream/pixels/compose.ts';
import { wholePicture } from '../../stream/pixels/rect.ts';
import { toRgb } from '../../stream/pixels/rgb.ts';
import { blendAnswer, emptyState } from '../../stream/pixels/steady.ts';

/**
 * A picture as the program shows it: colour's edges on luma's own, chroma within the gamut. That is some percent paler
 * than the network's answer.
 * @param luma - `[h * w]` full-range bytes, BT.601
 * @param answer - the network's, `[2, rows, columns]` a*, b*
 * @returns `[h * w * 3]` sRGB bytes; a new array the caller owns
 */
export function shownPicture(
  luma: Uint8Array,
  answer: Float32Array,
  [rows, columns]: readonly [number, number],
  size: SizePx,
): Uint8Array {
  const layout = { ...size, bitDepth: 8, range: 'full', chroma: '444', interlaced: false } as const;
  const planes = framePlanes(new ArrayBuffer(frameBytes(layout)), layout);
  planes.y.set(luma);
  const color = emptyState(size);
  blendAnswer(color, answer, size, { widthPx: columns, heightPx: rows });
  composeFrame(planes, layout, wholePicture(layout), { small: luma, ...color, size, saturation: 1 }, 'bt601');
  return Uint8Array.from(toRgb(planes, layout));
}
