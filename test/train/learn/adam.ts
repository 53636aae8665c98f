import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { Adam } from '../../../src/train/learn/adam.ts';

const start = [1.5, -2, 0.25];
const curvature = [1, 10, 0.1];

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

/** sum(curvature x^2) / 2, whose gradient is curvature x. */
function lossOf(x: tf.Variable): () => tf.Scalar {
  return () => tf.mul<tf.Scalar>(tf.sum(tf.mul(tf.tensor1d(curvature), tf.square(x))), 0.5);
}

function variable(values: readonly number[]): tf.Variable {
  return tf.variable(tf.tensor1d([...values]));
}

/** Algorithm 1 of Kingma and Ba with clipped gradients, in double precision and in the order of their section 2. */
function reference(steps: number, rates: readonly number[], clip: number): number[] {
  const x = [...start];
  const first = x.map(() => 0);
  const second = x.map(() => 0);
  for (let step = 0; step < steps; step++) {
    const raw = x.map((value, i) => curvature[i]! * value);
    const scale = Math.min(1, clip / Math.hypot(...raw));
    const t = step + 1;
    raw.forEach((value, i) => {
      const grad = value * scale;
      first[i] = 0.9 * first[i]! + 0.1 * grad;
      second[i] = 0.999 * second[i]! + 0.001 * grad ** 2;
      const rate = (rates[step]! * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
      x[i]! -= (rate * first[i]) / (Math.sqrt(second[i]) + 1e-7);
    });
  }
  return x;
}

for (const clip of [1000, 3]) {
  test.serial(`ten steps are algorithm 1 of the paper, gradients clipped to ${clip}`, (t) => {
    const x = variable(start);
    const rates = Array.from({ length: 10 }, (_, step) => 0.1 / (1 + step));
    using adam = new Adam(new Map([['x', x]]), clip);
    rates.forEach((rate, step) => adam.step(lossOf(x), step, rate));
    reference(10, rates, clip).forEach((value, i) => t.true(Math.abs(x.dataSync()[i]! - value) < 1e-5));
    x.dispose();
  });
}

test.serial('the first step moves each weight by the learning rate, whatever its gradient', (t) => {
  const x = variable(start);
  using adam = new Adam(new Map([['x', x]]), 1000);
  const { loss, gradientNorm } = adam.step(lossOf(x), 0, 0.01);
  x.dataSync().forEach((value, i) =>
    t.true(Math.abs(start[i]! - value - Math.sign(start[i]!) * 0.01) < 1e-5),
  );
  t.true(Math.abs(loss - (1.5 ** 2 + 10 * 4 + 0.1 * 0.25 ** 2) / 2) < 1e-4);
  t.true(Math.abs(gradientNorm - Math.hypot(1.5, 20, 0.025)) < 1e-4);
  x.dispose();
});

test.serial('without clipping it takes the same steps as the optimizer of TensorFlow.js', (t) => {
  const [ours, theirs] = [variable(start), variable(start)];
  using adam = new Adam(new Map([['x', ours]]), 1e9);
  const own = tf.train.adam(0.05);
  for (let step = 0; step < 20; step++) {
    adam.step(lossOf(ours), step, 0.05);
    own.minimize(lossOf(theirs), false, [theirs]);
  }
  ours.dataSync().forEach((value, i) => t.true(Math.abs(value - theirs.dataSync()[i]!) < 1e-4));
  tf.dispose([ours, theirs]);
  own.dispose();
});

test.serial('a loss that is not finite is an error and changes no weight', (t) => {
  const x = variable(start);
  using adam = new Adam(new Map([['x', x]]), 1);
  const before = tf.memory().numTensors;
  t.throws(() => adam.step(() => tf.mul(tf.sum(x), NaN), 6, 0.1), {
    code: 'TRAINING_DIVERGED',
    message: /^step 7: expected finite numbers but got a loss of NaN/,
  });
  t.deepEqual([...x.dataSync()], start);
  t.true([...adam.state.values()].every((moment) => moment.dataSync().every((value) => value === 0)));
  t.is(tf.memory().numTensors, before);
  x.dispose();
});
