import * as tf from '@tensorflow/tfjs-core';
import { layerOf, normOf, paddingOf, type ConvOp } from '../tables/layer-ops.ts';
import type { DepthwiseOp } from '../tables/nodes.ts';
import { activate } from './activate.ts';
import { dilatedConv } from './dilated-conv.ts';

/** The weights of the layers, and what training does to them. */
export interface LayerHooks {
  /** by the tables' names, in TensorFlow's layout (see `toTensorflowLayout`) */
  readonly weights: (name: string) => tf.Tensor;
  /** called between a convolution with batch norm and its bias; absent: nothing happens there */
  readonly norm?: ((layer: string, x: tf.Tensor4D) => tf.Tensor4D) | undefined;
  /**
   * called with the weights of a convolution with spectral norm; absent: the weights are used as they are, because the
   * norm was folded into them
   */
  readonly spectral?: ((layer: string, weight: tf.Tensor4D) => tf.Tensor4D) | undefined;
}

/** Runs a `ConvOp` on [n, rows, columns, in]. */
export function runConv(name: string, op: ConvOp, x: tf.Tensor4D, hooks: LayerHooks): tf.Tensor4D {
  const layer = layerOf(name, op);
  const norm = normOf(op);
  const stored = hooks.weights(`${layer}.weight`) as tf.Tensor4D;
  const weight = norm === 'spectral' ? (hooks.spectral?.(layer, stored) ?? stored) : stored;
  let y = convolve(op, x, weight);
  if (norm === 'batch') y = hooks.norm?.(layer, y) ?? y;
  if (op.hasBias) y = tf.add(y, hooks.weights(`${layer}.bias`));
  return activate(op.activation, y);
}

/** Runs a `TransposedConvOp`. */
export function runTransposedConv(name: string, x: tf.Tensor4D, hooks: LayerHooks): tf.Tensor4D {
  const [n, rows, columns] = x.shape;
  const weight = tf.transpose(hooks.weights(`${name}.weight`) as tf.Tensor4D, [0, 1, 3, 2]);
  const shape: [number, number, number, number] = [n, 2 * rows, 2 * columns, weight.shape[2]];
  // With kernel 4 and stride 2, 'same' cuts one pixel off on every side.
  const sum = tf.conv2dTranspose(x, weight, shape, 2, 'same');
  const y = hooks.norm?.(name, sum) ?? sum;
  return tf.relu(tf.add<tf.Tensor4D>(y, hooks.weights(`${name}.bias`)));
}

/** Runs a `DepthwiseOp`. */
export function runDepthwise(
  name: string,
  op: DepthwiseOp,
  x: tf.Tensor4D,
  { weights }: LayerHooks,
): tf.Tensor4D {
  const { channels, kernel, stride } = op;
  // Stored as [kernel, kernel, 1, channels]. TensorFlow expects [kernel, kernel, channels, 1]: the same numbers.
  const filter = tf.reshape<tf.Rank.R4>(weights(`${name}.weight`), [kernel, kernel, channels, 1]);
  const isEven = stride === 1;
  const padded = isEven ? x : padded2d(x, [(kernel - 1) / 2, (kernel - 1) / 2]);
  const y = tf.depthwiseConv2d(padded, filter, stride, isEven ? 'same' : 'valid');
  return tf.relu6(tf.add<tf.Tensor4D>(y, weights(`${name}.bias`)));
}

function convolve(op: ConvOp, x: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor4D {
  const { stride, padding, dilation = 1, kernel } = op;
  if (dilation > 1) return dilatedConv(padded2d(x, paddingOf(op)), weight, dilation);
  const isOdd = kernel.every((side) => side % 2 === 1);
  if (padding === 'valid' || (stride === 1 && isOdd)) return tf.conv2d(x, weight, stride, padding);
  // At stride 2, TensorFlow's 'same' pads an even side only at its end.
  return tf.conv2d(padded2d(x, paddingOf(op)), weight, stride, 'valid');
}

/** Zeros on every side. */
function padded2d(x: tf.Tensor4D, [rows, columns]: readonly [number, number]): tf.Tensor4D {
  return tf.pad(x, [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ]);
}
