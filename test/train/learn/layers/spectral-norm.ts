import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../../src/model/tfjs/backend.ts';
import { randomFrom } from '../../../../src/train/random.ts';
import { SpectralNorm } from '../../../../src/train/learn/layers/spectral-norm.ts';
import { relativeError } from '../../../helpers/model-fixtures.ts';
import { numericGradient } from '../../../helpers/numeric-gradient.ts';
import { seededRandom } from '../../../helpers/seeded.ts';

test.before(() => openTensorflow('wasm', { threads: 1 }));

const shape: [number, number, number, number] = [1, 2, 3, 4];
const out = shape[3];
const random = seededRandom(7);
const numbers = Array.from({ length: 24 }, () => 2 * random() - 1);
const factors = numbers.map(() => 2 * random() - 1);

/** The largest singular value of [6, 4], in double precision: a hundred steps of the power iteration. */
function sigmaOf(matrix: readonly number[]): number {
  let u = Array.from({ length: out }, (_, i) => 1 + i / 10);
  let length = 0;
  for (let step = 0; step < 100; step++) {
    const v = Array.from({ length: matrix.length / out }, (_, row) =>
      u.reduce((sum, value, column) => sum + value * matrix[row * out + column]!, 0),
    );
    const next = u.map((_, column) =>
      v.reduce((sum, value, row) => sum + value * matrix[row * out + column]!, 0),
    );
    const size = Math.hypot(...next);
    length = Math.sqrt(size);
    u = next.map((value) => value / size);
  }
  return length;
}

const plain = (weight: readonly number[]): number[] => {
  const sigma = sigmaOf(weight);
  return weight.map((value) => value / sigma);
};

function withNorm<T>(use: (norm: SpectralNorm, weight: tf.Variable<tf.Rank.R4>) => T): T {
  const weight = tf.variable(tf.tensor4d(numbers, shape));
  const norm = new SpectralNorm(new Map([['a', weight]]), randomFrom(1));
  try {
    return use(norm, weight);
  } finally {
    weight.dispose();
    for (const variable of norm.variables.values()) variable.dispose();
  }
}

test.serial('weights are divided by their largest singular value', (t) => {
  const got = withNorm((norm, weight) =>
    tf.tidy(() => {
      for (let step = 0; step < 20; step++) norm.train('a', weight);
      return [...norm.infer('a', weight).dataSync()];
    }),
  );
  t.true(relativeError(got, plain(numbers)) < 1e-5);
});

test.serial('the gradient is that of the division', (t) => {
  const got = withNorm((norm, weight) =>
    tf.tidy(() => {
      for (let step = 0; step < 20; step++) norm.train('a', weight);
      const loss = (w: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(norm.train('a', w as tf.Tensor4D), tf.tensor4d(factors, shape)));
      return [...tf.grad(loss)(weight).dataSync()];
    }),
  );
  const f = (weight: readonly number[]): number =>
    plain(weight).reduce((sum, value, i) => sum + value * factors[i]!, 0);
  t.true(relativeError(got, numericGradient(f, numbers)) < 1e-3);
});

test.serial('a step of training follows weights that change, and judging changes nothing', (t) => {
  withNorm((norm, weight) => {
    const vector = norm.variables.get('a.u')!;
    const before = [...vector.dataSync()];
    tf.tidy(() => norm.infer('a', weight));
    t.deepEqual([...vector.dataSync()], before);
    weight.assign(tf.tensor4d(numbers.toReversed(), shape));
    tf.tidy(() => norm.train('a', weight));
    t.notDeepEqual([...vector.dataSync()], before);
  });
});
