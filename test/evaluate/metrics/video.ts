import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { ChromaFlicker } from '../../../src/evaluate/metrics/chroma-flicker.ts';
import { ColourConsistency } from '../../../src/evaluate/metrics/colour-consistency.ts';
import { labOfRgb } from '../../../src/evaluate/metrics/lab-picture.ts';
import { medianPlane, MovingChroma } from '../../../src/evaluate/metrics/moving-chroma.ts';
import { movingMask } from '../../../src/evaluate/metrics/pixel-mask.ts';
import { makePicture } from '../../helpers/made-pictures.ts';

/** The numbers in this file are from numpy 2, scipy and OpenCV histograms on the same seven pictures. */
const clip = [1, 2, 3, 4, 5, 6, 7].map((seed) => makePicture(seed));

const near = (got: number, expected: number, tolerance: number): boolean =>
  Math.abs(got - expected) < tolerance;

test("CDC equals the paper's formula, computed with scipy and OpenCV", (t) => {
  const cdc = new ColourConsistency();
  for (const frame of clip) cdc.add(frame);
  t.true(near(cdc.value(), 0.13346303841334695, 1e-8));
});

test('CDC of a still clip is 0, and two frames without a common colour score ln 2', (t) => {
  const still = new ColourConsistency();
  for (let i = 0; i < 6; i++) still.add(clip[0]!);
  t.true(near(still.value(), 0, 1e-12));
  const jump = new ColourConsistency([1]);
  jump.add(new Uint8Array(30).fill(10));
  jump.add(new Uint8Array(30).fill(20));
  t.true(near(jump.value(), Math.LN2, 1e-9));
});

test('CDC has no value before its longest distance has a pair', (t) => {
  const cdc = new ColourConsistency();
  for (const frame of clip.slice(0, 4)) cdc.add(frame);
  t.true(Number.isNaN(cdc.value()));
});

test("flicker equals numpy's mean over the pixels whose L* changed by less than 1", (t) => {
  const flicker = new ChromaFlicker();
  for (const frame of clip) {
    const lab = labOfRgb(frame);
    flicker.add(lab.l, lab);
  }
  t.true(near(flicker.value(), 13.671577104959974, 0.02));
});

test('flicker counts only pixels that did not change', (t) => {
  const flicker = new ChromaFlicker();
  const frame = (l: number[], a: number[]): void =>
    flicker.add(Float32Array.from(l), {
      l: Float32Array.from(l),
      a: Float32Array.from(a),
      b: new Float32Array(a.length),
    });
  frame([50, 50], [0, 0]);
  frame([50, 60], [3, 40]);
  t.is(flicker.value(), 3);
});

test("chroma on moving pixels equals numpy's: error, fadedness and share", (t) => {
  const labs = clip.map((frame) => labOfRgb(frame));
  const median = medianPlane(labs.map((lab) => lab.l));
  const moving = new MovingChroma();
  labs.forEach((lab, i) => {
    moving.add(movingMask(lab.l, median), lab, labs[(i + 1) % labs.length]!);
  });
  const { error, chromaRatio, movingShare } = moving.value();
  t.true(near(error, 47.1297212473522, 0.05));
  t.true(near(chromaRatio, 1.0268281091325078, 2e-3));
  t.true(near(movingShare, 0.01904761904761905, 1e-9));
});

test("gray on a moving pixel has chroma ratio 0 and the truth's chroma for its error", (t) => {
  const moving = new MovingChroma();
  const zero = Float32Array.of(0);
  moving.add(
    movingMask(Float32Array.of(60), Float32Array.of(50)),
    { l: zero, a: zero, b: zero },
    { l: zero, a: Float32Array.of(3), b: Float32Array.of(4) },
  );
  t.deepEqual(moving.value(), { error: 5, chromaRatio: 0, movingShare: 1 });
});

test("the median frame takes each pixel's middle value", (t) => {
  const planes = [Float32Array.of(10, 3), Float32Array.of(9, 1), Float32Array.of(100, 2)];
  t.deepEqual([...medianPlane(planes)], [10, 2]);
});

test('moving chroma refuses a frame of another size than the mask, and the mask one than the median', (t) => {
  const plane = new Float32Array(4);
  const lab = { l: plane, a: plane, b: plane };
  t.throws(() => new MovingChroma().add(new Uint8Array(3), lab, lab), { instanceOf: AppError });
  t.throws(() => movingMask(plane, new Float32Array(3)), { instanceOf: AppError, message: /4 and 3/ });
});

test('a pixel moves when its L* is more than 8 away from the median, to either side', (t) => {
  const median = new Float32Array(4).fill(50);
  t.deepEqual([...movingMask(Float32Array.of(58, 58.5, 42, 41.5), median)], [0, 1, 0, 1]);
  const reused = new Uint8Array(4).fill(9);
  t.is(movingMask(median, median, reused), reused);
  t.deepEqual([...reused], [0, 0, 0, 0]);
});
