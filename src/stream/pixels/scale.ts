import { type SizePx, wholeRect } from '../../frame.ts';
import { shrinkLuma } from './shrink.ts';

/**
 * Scales an 8-bit full-range plane down with an area filter. Integer factors (usually 720 to 360) use a faster way.
 * @param plane - `[h * w]` of `size`; not modified
 * @param out - `[h * w]` of `outSize`; overwritten
 */
export function scalePlane(plane: Uint8Array, size: SizePx, out: Uint8Array, outSize: SizePx): void {
  if (size.widthPx === outSize.widthPx && size.heightPx === outSize.heightPx) {
    out.set(plane);
  } else if (size.widthPx === 2 * outSize.widthPx && size.heightPx === 2 * outSize.heightPx) {
    halvePlane(plane, size, out, outSize);
  } else {
    out.set(shrinkLuma(plane, { ...size, bitDepth: 8, range: 'full' }, wholeRect(size), outSize));
  }
}

/** The means of 2 x 2, rounded to nearest. */
function halvePlane(plane: Uint8Array, size: SizePx, out: Uint8Array, outSize: SizePx): void {
  const columns = outSize.widthPx;
  for (let y = 0; y < outSize.heightPx; y++) {
    let a = 2 * y * size.widthPx;
    let b = a + size.widthPx;
    const base = y * columns;
    for (let x = 0; x < columns; x++, a += 2, b += 2) {
      out[base + x] = (plane[a]! + plane[a + 1]! + plane[b]! + plane[b + 1]! + 2) >> 2;
    }
  }
}
