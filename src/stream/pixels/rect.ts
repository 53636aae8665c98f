import type { SizePx } from '../../frame.ts';

/** The part of a picture that carries image: what is outside (black bars) stays neutral. Luma pixels. */
export interface RectPx {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangle that covers a whole picture. */
export function wholeRect(size: SizePx): RectPx {
  return { x: 0, y: 0, width: size.widthPx, height: size.heightPx };
}
