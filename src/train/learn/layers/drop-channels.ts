import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../random.ts';

/**
 * Leaves out whole channels of each picture at random (Dropout2d), and multiplies the others so that the mean stays.
 * @param x - [n, rows, columns, channels]
 * @param rate - share of the channels, 0 <= rate < 1
 */
export function dropChannels(x: tf.Tensor4D, rate: number, { uniform }: Random): tf.Tensor4D {
  const [n, , , channels] = x.shape;
  const kept = Float32Array.from({ length: n * channels }, () => (uniform() < rate ? 0 : 1 / (1 - rate)));
  return tf.mul(x, tf.tensor4d(kept, [n, 1, 1, channels]));
}
