import * as tf from '@tensorflow/tfjs-core';

/**
 * A convolution whose kernel is spread out, without padding. TensorFlow.js refuses to differentiate it, so it has its
 * own gradients, which are convolutions that every backend has.
 * @param x - [n, rows, columns, in]
 * @param weight - [rows, columns, in, out]
 * @param dilation - neighbouring numbers of the kernel are applied this many pixels apart
 */
export function dilatedConv(x: tf.Tensor4D, weight: tf.Tensor4D, dilation: number): tf.Tensor4D {
  const run = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [picture, filter, save] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([picture, filter]);
    return {
      value: tf.conv2d(picture, filter, 1, 'valid', 'NHWC', dilation),
      gradFunc: (dy: tf.Tensor4D, saved: tf.Tensor[]) => {
        const [seen, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
        return [ofInput(dy, kernel, dilation), ofWeight(dy, seen, dilation)];
      },
    };
  });
  return run(x, weight);
}

/** The padded gradient, convolved with the kernel turned by 180 degrees. */
function ofInput(dy: tf.Tensor4D, weight: tf.Tensor4D, dilation: number): tf.Tensor4D {
  const [rows, columns] = weight.shape;
  const [above, beside] = [dilation * (rows - 1), dilation * (columns - 1)];
  const padded = tf.pad(dy, [
    [0, 0],
    [above, above],
    [beside, beside],
    [0, 0],
  ]);
  const turned = tf.transpose(tf.reverse(weight, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(padded, turned, 1, 'valid', 'NHWC', dilation);
}

/**
 * `dW[i, j] = sum over n, p, q of x[n, p + i d, q + j d]^T dy[n, p, q]`: a convolution of stride d with batch and channels
 * exchanged, whose filter is the gradient.
 */
function ofWeight(dy: tf.Tensor4D, x: tf.Tensor4D, dilation: number): tf.Tensor4D {
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const sums = tf.conv2d(tf.transpose(x, [3, 1, 2, 0]), filter, dilation, 'valid');
  return tf.transpose(sums, [1, 2, 0, 3]);
}
