import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';

type Padding = 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]];
interface Case {
  readonly kernel: [number, number];
  readonly stride: 1 | 2;
  readonly pad: Padding;
  readonly size?: [number, number];
}
interface Made {
  readonly x: tf.Tensor4D;
  readonly filter: tf.Tensor4D;
  /** weights of the convolution's results, so each result counts differently in the loss */
  readonly dy: tf.Tensor4D;
}

const explicit = (top: number, bottom: number, left: number, right: number): Padding => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

const cases: Case[] = [];
for (const stride of [1, 2] as const) {
  for (const pad of ['same', 'valid', explicit(1, 1, 1, 1), explicit(0, 2, 1, 0)] satisfies Padding[])
    for (const size of [
      [5, 6],
      [6, 5],
    ] satisfies [number, number][])
      cases.push({ kernel: [3, 3], stride, pad, size });
  for (const pad of ['valid', explicit(1, 0, 2, 1)] satisfies Padding[])
    cases.push({ kernel: [1, 1], stride, pad });
  cases.push({ kernel: [2, 3], stride, pad: 'same' });
  cases.push({ kernel: [3, 3], stride, pad: explicit(3, 1, 4, 0) });
  cases.push({ kernel: [3, 3], stride, pad: 'valid', size: [3, 3] });
}

for (const each of cases) {
  const { kernel, stride, pad, size = [4, 5] } = each;
  const padding = typeof pad === 'string' ? pad : pad.slice(1, 3).join(' and ');
  const title = `${kernel.join('x')} filter, stride ${stride}, padding ${padding}, picture ${size.join('x')}`;
  test.serial(`${title}: the gradients equal the changes by unit steps`, (t) => {
    const made = make(each, { batch: 2, inChannels: 2, outChannels: 3 });
    const [dx, dFilter] = gradients(each, made);
    closeTo(
      t,
      dFilter,
      steps(made.filter, (filter) => loss(each, made.x, filter, made.dy)),
    );
    closeTo(
      t,
      dx,
      steps(made.x, (x) => loss(each, x, made.filter, made.dy)),
    );
    tf.dispose([dx, dFilter, { ...made }]);
  });
}

test.serial('a gradient leaves no tensor behind', (t) => {
  const before = tf.memory();
  for (const stride of [1, 2] as const)
    for (const kernel of [
      [3, 3],
      [1, 1],
    ] satisfies [number, number][]) {
      const each: Case = { kernel, stride, pad: 'same' };
      const made = make(each, { batch: 1, inChannels: 2, outChannels: 2 });
      tf.dispose([...gradients(each, made), { ...made }]);
    }
  t.is(tf.memory().numTensors, before.numTensors);
  t.is(tf.memory().numDataBuffers, before.numDataBuffers);
  t.is(tf.memory().numBytes, before.numBytes);
});

test.serial("the gradients of a decoder's layer equal those of TensorFlow's library", async (t) => {
  const each: Case = { kernel: [3, 3], stride: 1, pad: 'same', size: [9, 12] };
  const made = make(each, { batch: 4, inChannels: 32, outChannels: 24 });
  const found = gradients(each, made).map((tensor) => tensor.arraySync());
  const values = { x: made.x.arraySync(), filter: made.filter.arraySync(), dy: made.dy.arraySync() };
  try {
    await openTensorflow('native');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    t.log(`skipped: ${error.message}`);
    t.pass();
    return;
  }
  const { x, filter, dy } = values;
  const expected = gradients(each, { x: tf.tensor4d(x), filter: tf.tensor4d(filter), dy: tf.tensor4d(dy) });
  for (const [index, tensor] of expected.entries()) {
    const scale = tf.max(tf.abs(tensor)).dataSync()[0]!;
    const difference = tf.max(tf.abs(tf.sub(tensor, tf.tensor4d(found[index]!)))).dataSync()[0]!;
    t.true(difference < 1e-5 * scale, `${difference} of ${scale}`);
  }
  await openTensorflow('wasm', { threads: 1 });
});

function make(
  { kernel, stride, pad, size = [4, 5] }: Case,
  { batch, inChannels, outChannels }: { batch: number; inChannels: number; outChannels: number },
): Made {
  const x = tf.randomUniform<tf.Rank.R4>([batch, ...size, inChannels], -1, 1, 'float32', 1);
  const filter = tf.randomUniform<tf.Rank.R4>([...kernel, inChannels, outChannels], -1, 1, 'float32', 2);
  const shape = tf.tidy(() => tf.conv2d(x, filter, stride, pad).shape);
  return { x, filter, dy: tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', 3) };
}

function loss({ stride, pad }: Case, x: tf.Tensor4D, filter: tf.Tensor4D, dy: tf.Tensor4D): tf.Scalar {
  return tf.sum(tf.mul(tf.conv2d(x, filter, stride, pad), dy));
}

function gradients(each: Case, { x, filter, dy }: Made): [tf.Tensor4D, tf.Tensor4D] {
  const differentiate = tf.grads((input, weights) =>
    loss(each, input as tf.Tensor4D, weights as tf.Tensor4D, dy),
  );
  const [dx, dFilter] = differentiate([x, filter]);
  return [dx as tf.Tensor4D, dFilter as tf.Tensor4D];
}

/** The loss is linear in each argument, so the derivative by one number is the loss with only that number at 1. */
function steps(like: tf.Tensor4D, value: (at: tf.Tensor4D) => tf.Scalar): number[] {
  return Array.from({ length: like.size }, (_, index) =>
    tf.tidy(() => {
      const unit = new Float32Array(like.size);
      unit[index] = 1;
      return value(tf.tensor4d(unit, like.shape)).dataSync()[0]!;
    }),
  );
}

function closeTo(t: ExecutionContext, found: tf.Tensor, expected: readonly number[]): void {
  t.is(found.size, expected.length);
  for (const [index, value] of found.dataSync().entries())
    t.true(Math.abs(value - expected[index]!) < 1e-4, `${index}: ${value} is not ${expected[index]!}`);
}
