import test from 'ava';
import { classWeights, ColourCodes } from '../../../src/train/learn/colour-codes.ts';
import { seededRandom } from '../../helpers/seeded.ts';

/** The cells of 10 Lab units within a disk, as a set's colours would produce them. */
const bins = Float32Array.from(
  Array.from({ length: 19 * 19 }, (_, i) => [(Math.floor(i / 19) - 9) * 10, ((i % 19) - 9) * 10])
    .filter(([a = 0, b = 0]) => Math.hypot(a, b) <= 90)
    .flat(),
);
const classes = bins.length / 2;
const soft = new ColourCodes(bins);

/** Two pictures with 50 positions each, some with colours far outside the bins. */
const count = 2;
const places = 50;
const ab = madeColours();

function madeColours(): Int8Array {
  const random = seededRandom(3);
  const colours = Int8Array.from({ length: count * 2 * places }, () => Math.floor(random() * 256) - 128);
  colours.set([127, -128, 0, 5], 0);
  return colours;
}

function colourAt(picture: number, place: number): [number, number] {
  const at = picture * 2 * places + place;
  return [ab[at] ?? NaN, ab[at + places] ?? NaN];
}

/** Second method, in double precision: sorts all distances and takes Gaussians of 5 Lab units of the five smallest. */
function codeOf([a, b]: readonly [number, number]): Map<number, number> {
  const ranked = Array.from({ length: classes }, (_, bin) => ({
    bin,
    squared: (bins[2 * bin]! - a) ** 2 + (bins[2 * bin + 1]! - b) ** 2,
  })).sort((one, other) => one.squared - other.squared || one.bin - other.bin);
  const nearest = ranked.slice(0, 5);
  const least = nearest[0]!.squared;
  const raw = nearest.map(({ squared }) => Math.exp(-(squared - least) / 50));
  const sum = raw.reduce((total, value) => total + value, 0);
  return new Map(nearest.map(({ bin }, i) => [bin, raw[i]! / sum]));
}

test('a soft code is the Gaussian of the five nearest bins, with sum 1', (t) => {
  const codes = new Float32Array(count * places * classes);
  soft.encode(ab, count, codes);
  for (let picture = 0; picture < count; picture++) {
    for (let place = 0; place < places; place++) {
      const from = (picture * places + place) * classes;
      const got = codes.subarray(from, from + classes);
      const expected = codeOf(colourAt(picture, place));
      t.true(got.every((share, bin) => Math.abs(share - (expected.get(bin) ?? 0)) < 1e-6));
      t.true(Math.abs(got.reduce((sum, share) => sum + share, 0) - 1) < 1e-6);
    }
  }
});

test('the nearest bin and the hard code have the smallest distance', (t) => {
  const hard = new ColourCodes(bins, 'hard');
  const nearest = hard.nearestBins(ab, count);
  const codes = new Float32Array(count * places * classes).fill(7);
  hard.encode(ab, count, codes);
  for (let i = 0; i < count * places; i++) {
    const [bin] = codeOf(colourAt(Math.floor(i / places), i % places)).keys();
    t.is(nearest[i], bin);
    t.is(codes[i * classes + bin!], 1);
  }
  t.is(
    codes.reduce((sum, share) => sum + share, 0),
    count * places,
  );
});

test('with fewer bins than five all of them share', (t) => {
  const codes = new Float32Array(3);
  new ColourCodes(Float32Array.of(0, 0, 5, 0, 0, 10)).encode(Int8Array.of(0, 0), 1, codes);
  const raw = [1, Math.exp(-25 / 50), Math.exp(-100 / 50)];
  const sum = raw.reduce((total, value) => total + value);
  t.true(codes.every((share, i) => Math.abs(share - raw[i]! / sum) < 1e-6));
});

test('a colour is counted in a histogram by its code', (t) => {
  const histogram = new Float64Array(classes);
  soft.addTo(histogram, [12, -33], 4);
  soft.addTo(histogram, [500, 0], 1); // more than a byte can hold: counted as the nearest value
  const expected = new Float64Array(classes);
  for (const [colour, amount] of [
    [[12, -33], 4],
    [[127, 0], 1],
  ] as const) {
    for (const [bin, share] of codeOf(colour)) expected[bin]! += amount * share;
  }
  t.true(histogram.every((value, bin) => Math.abs(value - expected[bin]!) < 1e-6));
});

test('class weights follow the formula of Zhang et al., with mean 1 under the prior', (t) => {
  const prior = Float64Array.of(8, 1, 1, 0);
  const weights = classWeights(prior, 0.5);
  // w = ((1 - 1/2) p + 1/2 / 4)^-1, with p = 0.8, 0.1, 0.1, 0
  const raw = [1 / 0.525, 1 / 0.175, 1 / 0.175, 1 / 0.125];
  const mean = 0.8 * raw[0]! + 0.1 * raw[1]! + 0.1 * raw[2]!;
  t.true(weights.every((weight, i) => Math.abs(weight - raw[i]! / mean) < 1e-6));
  t.true(Math.abs(0.8 * weights[0]! + 0.1 * weights[1]! + 0.1 * weights[2]! - 1) < 1e-6);
});

test('with lambda 1 all classes weigh 1; with 0 a class weighs more the rarer it is', (t) => {
  const prior = Float64Array.of(6, 3, 1);
  t.deepEqual([...classWeights(prior, 1)], [1, 1, 1]);
  // 1/p divided by its mean under p, which is the number of classes
  const rebalanced = classWeights(prior, 0);
  t.true(rebalanced.every((weight, i) => Math.abs(weight - 10 / prior[i]! / 3) < 1e-6));
});

test('with lambda 0, a class that never occurs weighs as much as the rarest class that does', (t) => {
  const weights = classWeights(Float64Array.of(6, 3, 0, 1), 0);
  const others = classWeights(Float64Array.of(6, 3, 1), 0);
  t.deepEqual([...weights], [others[0], others[1], others[2], others[2]]);
});
