import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { colourDistance, crossEntropy, meanSquaredColourError } from '../../../src/train/learn/objectives.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { numericGradient } from '../../helpers/numeric-gradient.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const shape: [number, number, number, number] = [2, 2, 3, 4];
const places = 12;
const classes = 4;
const random = seededRandom(5);
const scores = Array.from({ length: places * classes }, () => 6 * random() - 3);
const codes = madeCodes();
const weights = Array.from({ length: places }, () => 0.2 + 3 * random());

/** Shares that sum to 1; one of them is 0. */
function madeCodes(): number[] {
  return Array.from({ length: places }, () => {
    const raw = [random(), random(), random(), 0];
    const sum = raw.reduce((total, value) => total + value);
    return raw.map((value) => value / sum);
  }).flat();
}

/** Second method, in double precision: the mean over all positions of -weight sum(code log softmax(scores)). */
function entropyOf(values: readonly number[]): number {
  let sum = 0;
  for (let place = 0; place < places; place++) {
    const own = values.slice(place * classes, (place + 1) * classes);
    const norm = Math.log(own.reduce((total, value) => total + Math.exp(value), 0));
    own.forEach((value, c) => (sum -= weights[place]! * codes[place * classes + c]! * (value - norm)));
  }
  return sum / places;
}

const tensors = (): [tf.Tensor4D, tf.Tensor4D, tf.Tensor3D] => [
  tf.tensor4d(scores, shape),
  tf.tensor4d(codes, shape),
  tf.tensor3d(weights, [2, 2, 3]),
];

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

test.serial('cross-entropy is its formula in double precision', (t) => {
  const got = tf.tidy(() => crossEntropy(...tensors()).dataSync()[0]!);
  t.true(Math.abs(got - entropyOf(scores)) < 1e-5 * entropyOf(scores));
});

test.serial("cross-entropy's closed-form gradient equals the changes by small steps", (t) => {
  const gradient = tf.tidy(() => {
    const [x, soft, perPlace] = tensors();
    return tf
      .grad((one) => crossEntropy(one as tf.Tensor4D, soft, perPlace))(x)
      .dataSync();
  });
  t.true(relativeError(gradient, numericGradient(entropyOf, scores)) < 1e-4);
});

test.serial("cross-entropy and its gradient are those of TensorFlow's own logSoftmax", (t) => {
  tf.tidy(() => {
    const [x, soft, perPlace] = tensors();
    const own = (one: tf.Tensor): tf.Scalar =>
      tf.mean(tf.mul(tf.neg(tf.sum(tf.mul(soft, tf.logSoftmax(one)), -1)), perPlace));
    const ours = (one: tf.Tensor): tf.Scalar => crossEntropy(one as tf.Tensor4D, soft, perPlace);
    t.true(relativeError(ours(x).dataSync(), own(x).dataSync()) < 1e-5);
    t.true(relativeError(tf.grad(ours)(x).dataSync(), tf.grad(own)(x).dataSync()) < 1e-5);
  });
});

test.serial('cross-entropy keeps its gradient where it is part of a larger loss', (t) => {
  tf.tidy(() => {
    const [x, soft, perPlace] = tensors();
    const alone = tf.grad((one) => crossEntropy(one as tf.Tensor4D, soft, perPlace))(x);
    const sum = tf.grad((one) =>
      tf.add(tf.mul(3, crossEntropy(one as tf.Tensor4D, soft, perPlace)), tf.mean(tf.mul(0, one))),
    )(x);
    t.true(relativeError(sum.dataSync(), tf.mul(alone, 3).dataSync()) < 1e-6);
  });
});

test.serial('scores of hundreds give a finite loss and gradient', (t) => {
  tf.tidy(() => {
    const [, soft, perPlace] = tensors();
    const extreme = tf.tensor4d(
      scores.map((value) => value * 200),
      shape,
    );
    const loss = (one: tf.Tensor): tf.Scalar => crossEntropy(one as tf.Tensor4D, soft, perPlace);
    t.true(Number.isFinite(loss(extreme).dataSync()[0]));
    t.true(tf.grad(loss)(extreme).dataSync().every(Number.isFinite));
  });
});

/** Differences near 0, on both sides of 10, where the function changes, and far beyond. */
const abShape: [number, number, number, number] = [1, 2, 2, 2];
const truth = [0, -20, 35, 60, -70, 12, 4, -3];
const offsets = [0.5, -3, 9.8, 10.3, -40, 90, -9.9, 0.01];
const answer = truth.map((value, i) => value + offsets[i]!);

function huberOf(values: readonly number[]): number {
  const distances = values.map((value, i) => {
    const size = Math.abs(value - truth[i]!) / 10;
    return size <= 1 ? size ** 2 / 2 : size - 0.5;
  });
  return distances.reduce((sum, value) => sum + value, 0) / values.length;
}

test.serial('the distance of colours is Huber with a bend at 10, gradient included', (t) => {
  tf.tidy(() => {
    const [ab, expected] = [tf.tensor4d(answer, abShape), tf.tensor4d(truth, abShape)];
    const own = tf.losses.huberLoss(expected, ab, undefined, 10).dataSync()[0]! / 100;
    const got = colourDistance(ab, expected).dataSync()[0]!;
    t.true(Math.abs(got - huberOf(answer)) < 1e-5);
    t.true(Math.abs(got - own) < 1e-5);
    const gradient = tf
      .grad((one) => colourDistance(one as tf.Tensor4D, expected))(ab)
      .dataSync();
    t.true(relativeError(gradient, numericGradient(huberOf, answer)) < 1e-4);
  });
});

test.serial("the seed's loss is the mean squared error of fractions of 128, gradient included", (t) => {
  const squaredOf = (values: readonly number[]): number =>
    values.reduce((sum, value, i) => sum + ((value - truth[i]!) / 128) ** 2, 0) / values.length;
  tf.tidy(() => {
    const [ab, expected] = [tf.tensor4d(answer, abShape), tf.tensor4d(truth, abShape)];
    t.true(Math.abs(meanSquaredColourError(ab, expected).dataSync()[0]! - squaredOf(answer)) < 1e-6);
    const gradient = tf
      .grad((one) => meanSquaredColourError(one as tf.Tensor4D, expected))(ab)
      .dataSync();
    t.true(relativeError(gradient, numericGradient(squaredOf, answer)) < 1e-4);
  });
});
