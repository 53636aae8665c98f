import test from 'ava';
import { sharpest } from '../../src/stream/palette.ts';

const size = { widthPx: 8, heightPx: 8 };

/** A checkered picture with this contrast. */
function checkered(contrast: number): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, i) => 128 + ((i + (i >> 3)) % 2 ? contrast : -contrast));
}

test('the picture with the strongest contrast is chosen as the sharpest, at any position', (t) => {
  const [flat, weak, strong] = [checkered(0), checkered(10), checkered(40)];
  t.is(sharpest([flat, strong, weak], size), strong);
  t.is(sharpest([weak, flat], size), weak);
});

test('of equal pictures the first is taken', (t) => {
  const [one, other] = [checkered(10), checkered(10)];
  t.is(sharpest([one, other], size), one);
});
