import * as tf from '@tensorflow/tfjs-core';
import { labLine, lightnessTable, linearMatrix } from '../../model/color/lab.ts';
import { lumaInput } from '../../model/tables/nodes.ts';
import { resizeBilinear } from '../../model/tfjs/bilinear.ts';
import { AppError } from '../../errors.ts';
import type { Batch } from './batch.ts';

/** Luma pixels that one pixel of these pictures spans, each way. */
export const pictureStride = 2;

/**
 * The lightness of a batch's pictures at half of their size.
 * @returns L* 0..100, [n, h / 2, w / 2, 1]; a tensor the caller owns
 * @throws {AppError} USAGE if the batch has no luma
 */
export function halfLightness({ features }: Batch): tf.Tensor4D {
  const luma = features.get(lumaInput);
  if (luma === undefined)
    throw new AppError('USAGE', 'this objective looks at whole pictures, but the batches have no luma', {
      cure: 'train the whole network: --train all',
    });
  const lightness = Float32Array.from(luma.data, (byte) => byteLightness[Math.round(byte)] ?? 0);
  const [, rows, columns] = luma.shape;
  return tf.tidy(() => {
    const whole = tf.tensor4d(lightness, [...luma.shape]);
    return resizeBilinear(whole, [Math.floor(rows / pictureStride), Math.floor(columns / pictureStride)]);
  });
}

/**
 * Pictures in sRGB, as a differentiable function of their colours. Colours outside sRGB are clipped.
 * @param lightness - L*, [n, rows, columns, 1]
 * @param ab - [n, any rows, any columns, 2]: enlarged to the size of the lightness
 * @returns R', G', B' 0..1, [n, rows, columns, 3]; a tensor the caller owns, so call it in `tf.tidy`
 */
export function pictureTensor(lightness: tf.Tensor4D, ab: tf.Tensor4D): tf.Tensor4D {
  const [n, rows, columns] = lightness.shape;
  const large = ab.shape[1] === rows && ab.shape[2] === columns ? ab : resizeBilinear(ab, [rows, columns]);
  const pixels = n * rows * columns;
  const colour = tf.matMul(tf.reshape(large, [pixels, 2]), tf.tensor2d(abToCurve, [2, 3]));
  const gray = tf.div(tf.add(tf.reshape(lightness, [pixels, 1]), 16), 116);
  const xyz = inverseLabCurve(tf.add(gray, colour));
  const linear = tf.matMul(xyz, tf.transpose(tf.tensor2d([...linearMatrix], [3, 3])));
  return tf.reshape(displayCurve(tf.minimum(tf.relu(linear), 1)), [n, rows, columns, 3]);
}

const byteLightness = lightnessTable();

/** What a* and b* add to the curve's values of X, Y and Z. */
const abToCurve = [1 / 500, 0, 0, 0, 0, -1 / 200];

/** A cube, and below `cubeFrom` a line. Both parts together have a gradient on every backend. */
function inverseLabCurve(f: tf.Tensor): tf.Tensor {
  const { slope, cubeFrom } = labLine;
  const cube = tf.maximum(f, cubeFrom);
  const below = tf.sub(tf.minimum(f, cubeFrom), cubeFrom);
  return tf.add(tf.mul(tf.mul(cube, cube), cube), tf.div(below, slope));
}

/** Where sRGB's curve from linear light begins, below which it is a line. */
const curveFrom = 0.0031308;

/** sRGB's curve from linear light, 0..1. */
function displayCurve(linear: tf.Tensor): tf.Tensor {
  const curve = tf.sub(tf.mul(1.055, tf.pow(tf.maximum(linear, curveFrom), 1 / 2.4)), 0.055);
  return tf.add(curve, tf.mul(12.92, tf.sub(tf.minimum(linear, curveFrom), curveFrom)));
}
