import test from 'ava';
import { drawText } from '../../../src/stream/pixels/draw-text.ts';
import { glyph, glyphHeight, glyphWidth } from '../../../src/stream/pixels/glyphs.ts';

const size = { widthPx: 320, heightPx: 180 };

function grayPicture(): Uint8Array {
  const luma = size.widthPx * size.heightPx;
  return new Uint8Array((luma * 3) / 2).fill(100, 0, luma).fill(200, luma);
}

test('every character in the texts on pictures has its own shape', (t) => {
  const shapes = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-'.split(/(?=.)/).map((c) => glyph(c).join()));
  t.is(shapes.size, 38);
  t.true(glyph(' ').every((value) => value === 0));
  t.deepEqual(glyph('a'), glyph('A'));
  t.deepEqual(glyph('\u00e9'), glyph('?'));
  t.is(glyph('A').length, glyphWidth * glyphHeight);
});

test('a text is white on a darkened background without colour, and the rest of the picture does not change', (t) => {
  const data = grayPicture();
  drawText(data, size, ['SYNTHETIC COLOUR'], 'bottom-left', 1);
  const changed: { x: number; y: number }[] = [];
  for (let y = 0; y < size.heightPx; y++)
    for (let x = 0; x < size.widthPx; x++) if (data[y * size.widthPx + x] !== 100) changed.push({ x, y });
  const [left, right] = [Math.min(...changed.map(({ x }) => x)), Math.max(...changed.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...changed.map(({ y }) => y)), Math.max(...changed.map(({ y }) => y))];
  t.deepEqual({ left, bottom }, { left: 8, bottom: 171 });
  t.deepEqual({ width: right - left + 1, height: bottom - top + 1 }, { width: 170, height: 28 });
  t.is(Math.max(...data.subarray(0, size.widthPx * size.heightPx)), 240);
  const chroma = data.subarray(size.widthPx * size.heightPx);
  t.is(chroma.filter((value) => value === 128).length, 2 * 85 * 14);
  t.true(chroma.every((value) => value === 128 || value === 200));
});

test('lines are centred, one below the other', (t) => {
  const data = grayPicture();
  drawText(data, size, ['OFFLINE', 'SINCE 12:00'], 'centre', 2);
  const at = (x: number, y: number): number => data[y * size.widthPx + x] ?? 0;
  t.not(at(160, 90), 100);
  t.is(at(2, 90), 100);
  t.is(at(160, 5), 100);
});

test('a text that is wider than the picture is drawn smaller, and never outside the picture', (t) => {
  const small = { widthPx: 32, heightPx: 18 };
  const data = new Uint8Array(32 * 18 * 1.5).fill(50);
  t.notThrows(() => drawText(data, small, ['OFFLINE', 'SINCE 2026-11-24 20:00:00'], 'centre', 3));
});
