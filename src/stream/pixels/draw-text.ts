import type { SizePx } from '../../frame.ts';
import { glyph, glyphHeight, glyphWidth } from './glyphs.ts';

/** The border around a text, pixels. */
const paddingPx = 5;
/** The share of the picture that is visible through a text's background. */
const groundOpacity = 0.65;

/** The position of a block of text in a picture. */
export type TextPlace = 'bottom-left' | 'centre';

/**
 * Draws lines of white text on a darkened background into a 4:2:0 picture. The background loses its colour.
 * @param data - Y, Cb, Cr planes of `size`, full range; modified in place
 * @param scale - whole-number enlargement of the 10 x 18 glyphs; lowered until the text fits
 */
export function drawText(
  data: Uint8Array,
  size: SizePx,
  lines: readonly string[],
  place: TextPlace,
  scale: number,
): void {
  const columns = Math.max(...lines.map((line) => line.length));
  const fit = Math.floor((size.widthPx - 2 * paddingPx) / (columns * glyphWidth));
  const factor = Math.max(1, Math.min(scale, fit));
  const width = Math.min(size.widthPx, columns * glyphWidth * factor + 2 * paddingPx) & ~1;
  const height = Math.min(size.heightPx, lines.length * glyphHeight * factor + 2 * paddingPx) & ~1;
  const isCentred = place === 'centre';
  const left = (isCentred ? (size.widthPx - width) >> 1 : Math.min(8, size.widthPx - width)) & ~1;
  const top = (isCentred ? (size.heightPx - height) >> 1 : Math.max(0, size.heightPx - height - 8)) & ~1;
  darken(data, size, { left, top, width, height });
  lines.forEach((line, row) => {
    const indent = isCentred ? ((columns - line.length) * glyphWidth * factor) >> 1 : 0;
    for (let column = 0; column < line.length; column++) {
      const x = left + paddingPx + indent + column * glyphWidth * factor;
      const y = top + paddingPx + row * glyphHeight * factor;
      drawGlyph(data, size, glyph(line.charAt(column)), x, y, factor);
    }
  });
}

function darken(
  data: Uint8Array,
  size: SizePx,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): void {
  for (let y = top; y < top + height; y++) {
    for (let i = y * size.widthPx + left; i < y * size.widthPx + left + width; i++) {
      data[i] = data[i]! * (1 - groundOpacity);
    }
  }
  const columns = size.widthPx >> 1;
  const luma = size.widthPx * size.heightPx;
  for (const plane of [luma, luma + (luma >> 2)]) {
    for (let y = top >> 1; y < (top + height) >> 1; y++) {
      const at = plane + y * columns + (left >> 1);
      data.fill(128, at, at + (width >> 1));
    }
  }
}

function drawGlyph(
  data: Uint8Array,
  size: SizePx,
  coverage: Uint8Array,
  left: number,
  top: number,
  factor: number,
): void {
  const right = Math.min(size.widthPx, left + glyphWidth * factor);
  const bottom = Math.min(size.heightPx, top + glyphHeight * factor);
  for (let y = top; y < bottom; y++) {
    const row = Math.floor((y - top) / factor) * glyphWidth;
    for (let x = left; x < right; x++) {
      const cover = coverage[row + Math.floor((x - left) / factor)]!;
      if (cover === 0) continue;
      const i = y * size.widthPx + x;
      data[i] = data[i]! + ((240 - data[i]!) * cover) / 255;
    }
  }
}
