/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import type { SizePx } from '../../frame.ts';

/**
 * Colour at the network's resolution: the mean of each block, rounded.
 * @param ab - `[2, h, w]` a*, b*
 * @param size - both sides are multiples of the stride
 * @param stride - side of a block, pixels
 * @returns `[2, h / stride, w / stride]`; a new array the caller owns
 */
export function meanAb(ab: Int8Array, { widthPx, heightPx }: SizePx, stride: number): Int8Array {
  const columns = widthPx / stride;
  const rows = heightPx / stride;
  const out = new Int8Array(2 * rows * columns);
  const block = stride * stride;
  for (let row = 0; row < 2 * rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      const from = row * stride * widthPx + column * stride;
      for (let y = 0; y < stride; y++) {
        for (let x = 0; x < stride; x++) sum += ab[from + y * widthPx + x]!;
      }
      out[row * columns + column] = Math.round(sum / block);
    }
  }
  return out;
}
