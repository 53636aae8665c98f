/** Products with transposed matrices on WebAssembly, compared with plain sums. */
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';

const [rows, inner, columns] = [5, 7, 3];
const numbers = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7) % 13) - 6);
const [a, b] = [numbers(rows * inner), numbers(inner * columns)];
const product = Array.from({ length: rows * columns }, (_, i) => {
  const [row, column] = [Math.floor(i / columns), i % columns];
  let sum = 0;
  for (let k = 0; k < inner; k++) sum += (a[row * inner + k] ?? NaN) * (b[k * columns + column] ?? NaN);
  return sum;
});

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

for (const [transposeA, transposeB] of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const)
  test.serial(
    `left ${transposeA ? 'transposed' : 'as it is'}, right ${transposeB ? 'transposed' : 'as it is'}`,
    (t) => {
      const before = tf.memory().numTensors;
      const found = tf.tidy(() => {
        const [left, right] = [tf.tensor2d(a, [rows, inner]), tf.tensor2d(b, [inner, columns])];
        const given = [
          transposeA ? tf.transpose(left) : left,
          transposeB ? tf.transpose(right) : right,
        ] as const;
        return [...tf.matMul(...given, transposeA, transposeB).dataSync()];
      });
      t.deepEqual(found, product);
      t.is(tf.memory().numTensors, before);
    },
  );

test.serial('products of several matrices in one call are still right', (t) => {
  const found = tf.tidy(() => {
    const [left, right] = [tf.tensor2d(a, [rows, inner]), tf.tensor2d(b, [inner, columns])];
    const twice = tf.matMul(
      tf.stack([left, left]),
      tf.stack([tf.transpose(right), tf.transpose(right)]),
      false,
      true,
    );
    return [...twice.dataSync()];
  });
  t.deepEqual(found, [...product, ...product]);
});
