import { type SizePx, wholeRect } from '../../frame.ts';
import { pixelMath } from './pixel-math.ts';

/**
 * Scales an 8-bit full-range plane down with an area filter. Half the size (usually 720 to 360) takes a faster way.
 * @param plane - `[h * w]` of `size`; not modified
 * @param out - `[h * w]` of `outSize`; overwritten
 */
export function scalePlane(plane: Uint8Array, size: SizePx, out: Uint8Array, outSize: SizePx): void {
  if (size.widthPx === outSize.widthPx && size.heightPx === outSize.heightPx) {
    out.set(plane);
  } else if (size.widthPx === 2 * outSize.widthPx && size.heightPx === 2 * outSize.heightPx) {
    pixelMath().halve(plane, size, out);
  } else {
    pixelMath().shrink(plane, { ...size, bitDepth: 8, range: 'full' }, wholeRect(size), 'all', out, outSize);
  }
}
