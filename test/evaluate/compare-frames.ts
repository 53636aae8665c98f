import test from 'ava';
import { AppError } from '../../src/errors.ts';
import { compareFrames } from '../../src/evaluate/compare-frames.ts';
import { labOfRgb } from '../../src/evaluate/metrics/lab-picture.ts';
import { medianPlane } from '../../src/evaluate/metrics/moving-chroma.ts';
import { movingMask } from '../../src/evaluate/metrics/pixel-mask.ts';
import { makePicture } from '../helpers/made-pictures.ts';

/**
 * Seven pictures, each compared with the next one as its truth. Numbers from numpy 2.4 and scikit-image 0.26: PSNR of the
 * mean squared error over all counted pixels, CIEDE2000 and colourfulness as means of the frames' values, each frame
 * with the weight of its counted pixels.
 */
const clip = [1, 2, 3, 4, 5, 6, 7].map((seed) => makePicture(seed));
const truth = [...clip.slice(1), ...clip.slice(0, 1)];

const lightness = clip.map((frame) => labOfRgb(frame).l);
const median = medianPlane(lightness);
const masks = lightness.map((plane) => movingMask(plane, median));

const near = (got: number | null, expected: number, tolerance: number): boolean =>
  got !== null && Math.abs(got - expected) < tolerance;

test("a candidate's figures over all pixels equal numpy's", (t) => {
  const { all } = compareFrames(truth, { candidate: clip }).candidate;
  t.true(near(all.psnrDb, 17.535475954627678, 1e-9));
  t.true(near(all.ciede2000, 13.211226536625448, 5e-3));
  t.true(near(all.colourfulness, 57.219988130960914, 1e-9));
});

test("a candidate's figures over only the moving pixels equal numpy's", (t) => {
  t.deepEqual(
    masks.map((mask) => mask.reduce((sum, value) => sum + value, 0)),
    [10, 10, 14, 8, 6, 8, 8],
  );
  const { masked } = compareFrames(truth, { candidate: clip }, masks).candidate;
  t.true(near(masked.psnrDb, 9.76886508196104, 1e-9));
  t.true(near(masked.ciede2000, 28.11827050279549, 2e-2));
  t.true(near(masked.colourfulness, 145.40476476671188, 1e-9));
});

test('several candidates are compared with the truth, and the truth with itself', (t) => {
  const gray = truth.map((frame) => frame.map((_, i) => frame[i - (i % 3)]!));
  const compared = compareFrames(truth, { clip, gray, same: truth }, masks);
  t.deepEqual(Object.keys(compared), ['clip', 'gray', 'same', 'truth']);
  t.is(compared.gray.all.colourfulness, 0);
  t.deepEqual(compared.same, compared.truth);
  t.is(compared.truth.all.psnrDb, null, 'infinite');
  t.is(compared.truth.all.ciede2000, 0);
});

test('without a mask, and with empty masks, there are no figures of masked pixels', (t) => {
  const none = { psnrDb: null, ciede2000: null, colourfulness: null };
  t.deepEqual(compareFrames(truth, { clip }).clip.masked, none);
  const empty = masks.map((mask) => new Uint8Array(mask.length));
  t.deepEqual(compareFrames(truth, { clip }, empty).clip.masked, none);
});

test('counts and sizes that do not fit are refused by name', (t) => {
  const refused = { instanceOf: AppError, code: 'USAGE' };
  t.throws(() => compareFrames(truth, { short: clip.slice(1) }), { ...refused, message: /short: .*7.*6/ });
  t.throws(() => compareFrames(truth, { clip }, masks.slice(1)), { ...refused, message: /masks: .*7.*6/ });
  t.throws(() => compareFrames([], {}), refused);
  t.throws(() => compareFrames(truth, { clip: clip.map((frame) => frame.subarray(3)) }), refused);
});
