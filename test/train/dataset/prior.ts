import test from 'ava';
import { ColorCounter } from '../../../src/train/dataset/prior.ts';

const size = { widthPx: 8, heightPx: 4 };

/** Two blocks of 4 x 4 pixels, each of one colour. */
function twoBlocks(left: readonly [number, number], right: readonly [number, number]): Int8Array {
  return Int8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? left : right)[i < 32 ? 0 : 1]);
}

test('colours are counted in the cell whose centre is nearest', (t) => {
  const counter = new ColorCounter();
  counter.add(twoBlocks([14, -26], [-3, 4]), size);
  counter.add(twoBlocks([9, -31], [86, 94]), size);
  t.deepEqual(counter.prior(), {
    cellLab: 10,
    stride: 4,
    cells: [
      [10, -30, 2],
      [0, 0, 1],
      [90, 90, 1],
    ],
  });
});

test('the mean of 4 x 4 pixels is counted, not each pixel', (t) => {
  const counter = new ColorCounter();
  const stripes = Int8Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? 40 : -40));
  counter.add(stripes, { widthPx: 4, heightPx: 4 });
  t.deepEqual(counter.prior().cells, [[0, 0, 1]]);
});

test('counts of parts add up to the count of the whole', (t) => {
  const [whole, one, other] = [new ColorCounter(), new ColorCounter(), new ColorCounter()];
  const pictures = [twoBlocks([14, -26], [-3, 4]), twoBlocks([-60, 70], [-3, 4])];
  for (const picture of pictures) whole.add(picture, size);
  pictures.forEach((picture, i) => (i === 0 ? one : other).add(picture, size));
  one.addPrior(other.prior());
  t.deepEqual(one.prior(), whole.prior());
});
