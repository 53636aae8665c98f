import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';

type Size = readonly [number, number];

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

for (const kernel of [3, 5] as const)
  for (const stride of [1, 2] as const)
    for (const pad of ['same', 'valid'] as const)
      for (const size of [
        [7, 8],
        [8, 5],
      ] satisfies Size[])
        test.serial(
          `${kernel}x${kernel} filters, stride ${stride}, padding ${pad}, picture ${size.join('x')}: the gradients equal the changes by unit steps`,
          (t) => {
            const x = tf.randomUniform<tf.Rank.R4>([2, ...size, 3], -1, 1, 'float32', 1);
            const filter = tf.randomUniform<tf.Rank.R4>([kernel, kernel, 3, 1], -1, 1, 'float32', 2);
            const convolve = (input: tf.Tensor4D, weights: tf.Tensor4D): tf.Tensor4D =>
              tf.depthwiseConv2d(input, weights, stride, pad);
            const shape = tf.tidy(() => convolve(x, filter).shape);
            const dy = tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', 3);
            const loss = (input: tf.Tensor4D, weights: tf.Tensor4D): tf.Scalar =>
              tf.sum(tf.mul(convolve(input, weights), dy));
            const before = tf.memory().numTensors;
            const [dx, dFilter] = tf.grads((input, weights) =>
              loss(input as tf.Tensor4D, weights as tf.Tensor4D),
            )([x, filter]);
            t.is(tf.memory().numTensors, before + 2, 'it leaves no tensor behind');
            const ofX = steps(x, (at) => loss(at, filter));
            const ofFilter = steps(filter, (at) => loss(x, at));
            t.true(greatestDifference(dx!.dataSync(), ofX) < 1e-4, 'of the picture');
            t.true(greatestDifference(dFilter!.dataSync(), ofFilter) < 1e-4, 'of the filters');
            tf.dispose([x, filter, dy, dx!, dFilter!]);
          },
        );

test.serial('a ReLU6 has a gradient only between 0 and 6', (t) => {
  const gradient = tf.tidy(() => [
    ...tf
      .grad((x) => tf.sum(tf.relu6(x)))(tf.tensor1d([-1, 0.5, 5.5, 7]))
      .dataSync(),
  ]);
  t.deepEqual(gradient, [0, 1, 1, 0]);
});

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

function greatestDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  if (found.length !== expected.length) return Infinity;
  return Math.max(...expected.map((value, i) => Math.abs(value - (found[i] ?? NaN))));
}
