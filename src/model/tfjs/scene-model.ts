import * as tf from '@tensorflow/tfjs-core';
import { colourUnit, correctionUnit, lightnessUnit } from '../tables/scene-model.ts';

/**
 * Runs a `SceneModelInputOp`.
 * @param scaled - L* / 50 - 1, [n, h, w, 1]
 * @param ab - the network's, [n, h, w, 2]
 * @param weights - `place.lightness`, `place.spread`, `place.colour`: [channels, h, w]
 * @returns [n, h, w, 7]
 */
export function sceneModelInput(
  scaled: tf.Tensor4D,
  ab: tf.Tensor4D,
  weights: (name: string) => tf.Tensor,
): tf.Tensor4D {
  const plane = (name: string): tf.Tensor => tf.transpose(weights(name), [1, 2, 0]);
  const lightness = tf.mul(tf.add(scaled, 1), 50);
  const difference = tf.div(tf.sub(lightness, plane('place.lightness')), lightnessUnit);
  const shift = tf.mean(tf.clipByValue(difference, -1, 1), [1, 2, 3], true);
  const d = tf.clipByValue(tf.sub<tf.Tensor4D>(difference, shift), -3, 3);
  const strange = tf.div(tf.mul(tf.abs(d), lightnessUnit), plane('place.spread'));
  const share = tf.div<tf.Tensor4D>(tf.minimum(strange, 4), 4);
  const usual = tf.div(tf.add(tf.zerosLike(ab), plane('place.colour')), colourUnit);
  const own = tf.div(ab, colourUnit);
  return tf.concat([d, share, usual as tf.Tensor4D, own as tf.Tensor4D, scaled], 3);
}

/**
 * Runs a `SceneModelBlendOp`.
 * @param channels - those of `sceneModelInput`
 * @param x - [n, h, w, 3]
 * @returns a*, b* [n, h, w, 2]
 */
export function sceneModelBlend(channels: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D {
  const part = (value: tf.Tensor4D, from: number, count: number): tf.Tensor4D =>
    tf.slice(value, [0, 0, 0, from], [-1, -1, -1, count]);
  const share = tf.sigmoid(part(x, 0, 1));
  const usual = part(channels, 2, 2);
  const own = part(channels, 4, 2);
  const blend = tf.add(own, tf.mul(share, tf.sub(usual, own)));
  return tf.add(tf.mul(blend, colourUnit), tf.mul(part(x, 1, 2), correctionUnit));
}
