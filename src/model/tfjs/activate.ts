import * as tf from '@tensorflow/tfjs-core';
import { leak, type Activation } from '../tables/layer-ops.ts';

/** Applies an activation; the result may be the input itself. */
export function activate(by: Activation, x: tf.Tensor4D): tf.Tensor4D {
  switch (by) {
    case 'none':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'leakyRelu':
      return tf.leakyRelu(x, leak);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
  }
}
