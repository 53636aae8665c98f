import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs an `AttentionOp`.
 * @param inputs - x, query, key and value, [n, rows, columns, channels]
 * @param gamma - [1]
 * @returns as large as x
 */
export function attend(
  [x, query, key, value]: readonly [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D],
  gamma: tf.Tensor,
): tf.Tensor4D {
  const [n, rows, columns] = x.shape;
  const positions = (map: tf.Tensor4D): tf.Tensor3D => tf.reshape(map, [n, rows * columns, map.shape[3]]);
  const shares = tf.softmax(tf.matMul(positions(query), positions(key), false, true));
  const seen = tf.reshape(tf.matMul(shares, positions(value)), x.shape);
  return tf.add(x, tf.mul(gamma, seen));
}
