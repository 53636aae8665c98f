import { wholeRect } from '../../../src/frame.ts';
import test from 'ava';
import { halve, shrinkLuma, toFullRange } from '../../../src/stream/pixels/shrink.ts';
import { seededBytes } from '../../helpers/seeded.ts';

const eightBit = { bitDepth: 8, range: 'full' } as const;

test('an integer reduction is the mean of each block', (t) => {
  const size = { widthPx: 64, heightPx: 48 };
  const plane = seededBytes(64 * 48, 1);
  const small = shrinkLuma(plane, { ...size, ...eightBit }, wholeRect(size), {
    widthPx: 16,
    heightPx: 16,
  });
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) {
      let sum = 0;
      for (let j = 0; j < 3; j++) for (let i = 0; i < 4; i++) sum += plane[(3 * y + j) * 64 + 4 * x + i]!;
      t.true(Math.abs(small[y * 16 + x]! - sum / 12) <= 0.51);
    }
  }
});

test('a fractional reduction keeps the mean of the picture', (t) => {
  const size = { widthPx: 333, heightPx: 177 };
  const plane = seededBytes(333 * 177, 2);
  const small = shrinkLuma(plane, { ...size, ...eightBit }, wholeRect(size), {
    widthPx: 88,
    heightPx: 40,
  });
  t.true(Math.abs(mean(small) - mean(plane)) < 0.1);
});

test('limited range is stretched with 8 and with 10 bits: 16 becomes 0, 235 becomes 255', (t) => {
  for (const bitDepth of [8, 10]) {
    const unit = 2 ** (bitDepth - 8);
    const { scale, offset } = toFullRange({ bitDepth, range: 'limited' });
    t.true(Math.abs(16 * unit * scale + offset) < 1e-9);
    t.true(Math.abs(235 * unit * scale + offset - 255) < 1e-9);
  }
  const size = { widthPx: 8, heightPx: 8 };
  const plane = new Uint16Array(64).fill(235 * 4);
  const format = { ...size, bitDepth: 10, range: 'limited' } as const;
  t.deepEqual([...new Set(shrinkLuma(plane, format, wholeRect(size), size))], [255]);
});

test('the small copy can be made from one field of an interlaced frame', (t) => {
  const size = { widthPx: 16, heightPx: 16 };
  const plane = Uint8Array.from({ length: 256 }, (_, i) => (Math.floor(i / 16) % 2 === 0 ? 200 : 50));
  const small = { widthPx: 8, heightPx: 8 };
  const format = { ...size, ...eightBit };
  t.true(shrinkLuma(plane, format, wholeRect(size), small, 'top-field').every((v) => v === 200));
  t.true(shrinkLuma(plane, format, wholeRect(size), small, 'bottom-field').every((v) => v === 50));
  t.true(shrinkLuma(plane, format, wholeRect(size), small).every((v) => v === 125));
});

test('only the chosen rectangle is used, and a picture smaller than the target is enlarged', (t) => {
  const size = { widthPx: 20, heightPx: 20 };
  const plane = new Uint8Array(400).fill(0);
  for (let y = 5; y < 15; y++) plane.fill(180, y * 20 + 5, y * 20 + 15);
  const rect = { x: 5, y: 5, width: 10, height: 10 };
  const large = shrinkLuma(plane, { ...size, ...eightBit }, rect, { widthPx: 32, heightPx: 32 });
  t.true(large.every((v) => v === 180));
});

test('halving averages 2 x 2', (t) => {
  const { picture, size } = halve(Uint8Array.of(0, 4, 8, 8, 4, 8, 8, 8), { widthPx: 4, heightPx: 2 });
  t.deepEqual(size, { widthPx: 2, heightPx: 1 });
  t.deepEqual([...picture], [4, 8]);
});

function mean(values: Uint8Array): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
