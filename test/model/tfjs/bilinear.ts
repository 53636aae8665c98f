import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { resizeBilinear } from '../../../src/model/tfjs/bilinear.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const [count, rows, columns, channels] = [2, 5, 7, 3];
const random = seededRandom(2);
const data = Float32Array.from({ length: count * rows * columns * channels }, () => random() * 10 - 3);

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

/** Second method: computes each result pixel from its four neighbours, with half-pixel centres and clamped edges. */
function direct(
  [outRows, outColumns]: readonly [number, number],
  factors: readonly [number, number],
): number[] {
  const at = (n: number, y: number, x: number, c: number): number => {
    const [row, column] = [Math.min(Math.max(y, 0), rows - 1), Math.min(Math.max(x, 0), columns - 1)];
    return data[((n * rows + row) * columns + column) * channels + c]!;
  };
  const out: number[] = [];
  for (let i = 0; i < count * outRows * outColumns * channels; i++) {
    const c = i % channels;
    const x = (Math.floor(i / channels) % outColumns) + 0.5;
    const y = (Math.floor(i / channels / outColumns) % outRows) + 0.5;
    const n = Math.floor(i / channels / outColumns / outRows);
    const [v, u] = [y / factors[0] - 0.5, x / factors[1] - 0.5];
    const [top, left] = [Math.floor(v), Math.floor(u)];
    const upper = at(n, top, left, c) * (1 - (u - left)) + at(n, top, left + 1, c) * (u - left);
    const lower = at(n, top + 1, left, c) * (1 - (u - left)) + at(n, top + 1, left + 1, c) * (u - left);
    out.push(upper * (1 - (v - top)) + lower * (v - top));
  }
  return out;
}

for (const size of [
  [10, 14],
  [9, 16],
  [5, 7],
  [3, 4],
] satisfies [number, number][]) {
  test.serial(`5x7 to ${size.join('x')} equals the formula and TensorFlow's own kernel`, (t) => {
    const [got, own] = tf.tidy(() => {
      const x = tf.tensor4d(data, [count, rows, columns, channels]);
      return [resizeBilinear(x, size).dataSync(), tf.image.resizeBilinear(x, size, false, true).dataSync()];
    });
    t.true(relativeError(got, direct(size, [size[0] / rows, size[1] / columns])) < 1e-6);
    t.true(relativeError(got, own) < 1e-6);
  });
}

test.serial('with a factor that gives no whole sides, it samples by the factor, as ONNX does', (t) => {
  // 5 x 4/3 = 6.67 and 7 x 4/3 = 9.33, rounded down
  const got = tf.tidy(() => {
    const x = tf.tensor4d(data, [count, rows, columns, channels]);
    return resizeBilinear(x, [6, 9], 4 / 3).dataSync();
  });
  t.true(relativeError(got, direct([6, 9], [4 / 3, 4 / 3])) < 1e-6);
});

test.serial("its gradient spreads the result's gradient over the neighbours with the same shares", (t) => {
  const gradient = Float32Array.from(
    tf.tidy(() => {
      const x = tf.tensor4d(data, [count, rows, columns, channels]);
      return tf
        .grad((one) => tf.sum(resizeBilinear(one as tf.Tensor4D, [10, 14])))(x)
        .dataSync();
    }),
  );
  // At twice the size, a pixel's shares sum to 4 in the middle. At the border it also gets the shares from beyond it.
  t.true(gradient.every((value) => value >= 4 - 1e-4));
  t.true(Math.abs(gradient.reduce((sum, value) => sum + value, 0) - count * 140 * channels) < 1e-2);
});
