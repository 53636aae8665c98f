import type { SizePx } from '../../frame.ts';
import { composeStill } from '../../stream/pixels/compose-still.ts';
import { frameBytes, framePlanes } from '../../stream/pixels/compose.ts';
import { toRgb } from '../../stream/pixels/rgb.ts';

/**
 * A picture as the program shows it: the edges of colour follow those of luma, and chroma stays within the gamut. It is
 * a few percent paler than the network's answer.
 * @param luma - `[h * w]` full-range bytes, BT.601
 * @param answer - of the network, `[2, rows, columns]` a*, b*
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
  const answerSize = { widthPx: columns, heightPx: rows };
  composeStill(planes, layout, { small: luma, size, answer, answerSize, saturation: 1 });
  return Uint8Array.from(toRgb(planes, layout));
}
