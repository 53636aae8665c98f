/** Joins, splits and slices few channels on WebAssembly, and compares the results with plain JavaScript. */
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

/** [2, 3, 4, channels] of numbers that all differ. */
function picture(channels: number, from = 0): tf.Tensor4D {
  const numbers = Float32Array.from({ length: 24 * channels }, (_, i) => from + i);
  return tf.tensor4d(numbers, [2, 3, 4, channels]);
}

/** The channels of each pixel. */
function pixels(x: tf.Tensor4D): number[][] {
  const [channels, values] = [x.shape[3], [...x.dataSync()]];
  return Array.from({ length: 24 }, (_, pixel) => values.slice(pixel * channels, (pixel + 1) * channels));
}

for (const widths of [
  [1, 1, 2, 2, 1],
  [3, 16],
  [3, 17],
  [4, 0, 2],
])
  test.serial(`${widths.join(' and ')} channels are joined and split again`, (t) => {
    const parts = widths.map((width, i) => picture(width, 1000 * i));
    const joined = tf.concat(parts, 3);
    const all = parts.map(pixels);
    t.deepEqual(
      pixels(joined),
      Array.from({ length: 24 }, (_, pixel) => all.flatMap((part) => part[pixel] ?? [])),
    );
    t.deepEqual(tf.split<tf.Tensor4D>(joined, widths, 3).map(pixels), all);
  });

test.serial('channels are sliced from whole pictures and from parts of them', (t) => {
  const x = picture(7);
  const cut = tf.slice(x, [0, 0, 0, 2], [-1, -1, -1, 3]);
  t.deepEqual(cut.shape, [2, 3, 4, 3]);
  t.deepEqual(
    pixels(cut),
    pixels(x).map((channels) => channels.slice(2, 5)),
  );
  const part = tf.slice(x, [1, 1, 0, 6], [1, 2, 4, 1]);
  t.deepEqual(
    [...part.dataSync()],
    pixels(x)
      .slice(16)
      .map((channels) => channels[6]),
  );
});

test.serial('joining along other axes and joining integers still works', (t) => {
  const rows = tf.concat([picture(2), picture(2, 100)], 1);
  t.deepEqual(rows.shape, [2, 6, 4, 2]);
  t.deepEqual([...tf.slice(rows, [0, 2, 3, 0], [1, 2, 1, 2]).dataSync()], [22, 23, 106, 107]);
  const whole = tf.concat([tf.tensor2d([1, 2], [2, 1], 'int32'), tf.tensor2d([3, 4], [2, 1], 'int32')], 1);
  t.is(whole.dtype, 'int32');
  t.deepEqual([...whole.dataSync()], [1, 3, 2, 4]);
});

test.serial('gradients are right, and no tensor is left behind', (t) => {
  const before = tf.memory().numTensors;
  const gradient = tf.tidy(() => {
    const seconds = (x: tf.Tensor4D): tf.Scalar =>
      tf.sum(tf.slice(tf.concat([x, x], 3), [0, 0, 0, 1], [2, 3, 4, 2]));
    return [
      ...tf
        .grad(seconds as (x: tf.Tensor) => tf.Scalar)(picture(2))
        .dataSync(),
    ];
  });
  t.deepEqual(gradient, new Array(48).fill(1));
  t.is(tf.memory().numTensors, before);
});
