import * as tf from '@tensorflow/tfjs-core';
import { asTensor4D, wasmName, type KernelCall } from './wasm-kernel.ts';

type FilterAttributes = Pick<
  tf.DepthwiseConv2dNativeBackpropFilterAttrs,
  keyof tf.DepthwiseConv2dNativeBackpropFilterAttrs
>;
type InputAttributes = Pick<
  tf.DepthwiseConv2dNativeBackpropInputAttrs,
  keyof tf.DepthwiseConv2dNativeBackpropInputAttrs
>;
type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/**
 * Gives the WebAssembly backend the gradients of depthwise convolutions, which it lacks, built from the kernels that
 * it has. Call it once. NHWC, one filter per channel and no dilation, as for the convolutions themselves.
 */
export function registerDepthwiseGradients(): void {
  tf.registerKernel({
    kernelName: tf.DepthwiseConv2dNativeBackpropFilter,
    backendName: wasmName,
    kernelFunc: (call) => tf.tidy(() => differentiateFilter(call)),
  });
  tf.registerKernel({
    kernelName: tf.DepthwiseConv2dNativeBackpropInput,
    backendName: wasmName,
    kernelFunc: (call) => tf.tidy(() => differentiateInput(call)),
  });
}

/** `dW[i, j, c]` is the sum over n, p, q of `x[n, p s + i, q s + j, c] dy[n, p, q, c]`: one product for each i, j. */
function differentiateFilter({ inputs, attrs }: KernelCall): tf.Tensor4D {
  const x = asTensor4D(inputs['x']);
  const dy = asTensor4D(inputs['dy']);
  const attributes = attrs as FilterAttributes;
  const info = infoOf(x.shape, attributes.filterShape, attributes);
  const { filterHeight, filterWidth, inChannels, outHeight, outWidth } = info;
  const [rowStep, columnStep] = [info.strideHeight, info.strideWidth];
  const padded = tf.pad(x, paddingOf(info));
  const sums: tf.Tensor1D[] = [];
  for (let row = 0; row < filterHeight; row++)
    for (let column = 0; column < filterWidth; column++) {
      const end = [row + (outHeight - 1) * rowStep + 1, column + (outWidth - 1) * columnStep + 1];
      const seen = tf.stridedSlice(
        padded,
        [0, row, column, 0],
        [x.shape[0], ...end, inChannels],
        [1, rowStep, columnStep, 1],
      );
      sums.push(tf.sum(tf.mul(seen, dy), [0, 1, 2]));
    }
  return tf.reshape(tf.stack(sums), [filterHeight, filterWidth, inChannels, 1]);
}

/**
 * A depthwise convolution of the output's gradient with the filter turned by 180 degrees. With a stride, zeros are
 * put between the values of the gradient.
 */
function differentiateInput({ inputs, attrs }: KernelCall): tf.Tensor4D {
  const dy = asTensor4D(inputs['dy']);
  const filter = asTensor4D(inputs['filter']);
  const attributes = attrs as InputAttributes;
  const { inputShape } = attributes;
  const info = infoOf(inputShape, filter.shape, attributes);
  const { filterHeight, filterWidth, padInfo } = info;
  const spread = spreadOut(dy, [info.strideHeight, info.strideWidth]);
  // Enough padding for the result to cover the whole padded input; the input's own part is then cut out.
  const [, height, width] = spread.shape;
  const paddedHeight = inputShape[1] + padInfo.top + padInfo.bottom;
  const paddedWidth = inputShape[2] + padInfo.left + padInfo.right;
  const wide = tf.pad(spread, [
    [0, 0],
    [filterHeight - 1, paddedHeight - height],
    [filterWidth - 1, paddedWidth - width],
    [0, 0],
  ]);
  const whole = tf.depthwiseConv2d(wide, tf.reverse(filter, [0, 1]), 1, 'valid');
  return tf.slice(whole, [0, padInfo.top, padInfo.left, 0], inputShape);
}

/** Inserts `step - 1` zeros between neighbours, in rows and in columns. */
function spreadOut(x: tf.Tensor4D, [rowStep, columnStep]: readonly [number, number]): tf.Tensor4D {
  const [n, rows, columns, channels] = x.shape;
  if (rowStep === 1 && columnStep === 1) return x;
  const apart = tf.pad(tf.reshape(x, [n * rows, 1, columns, channels]), [
    [0, 0],
    [0, rowStep - 1],
    [0, 0],
    [0, 0],
  ]);
  const pixels = tf.pad(tf.reshape(apart, [n * rows * rowStep * columns, 1, channels]), [
    [0, 0],
    [0, columnStep - 1],
    [0, 0],
  ]);
  const spread = tf.reshape<tf.Rank.R4>(pixels, [n, rows * rowStep, columns * columnStep, channels]);
  const last = [n, (rows - 1) * rowStep + 1, (columns - 1) * columnStep + 1, channels];
  return tf.slice(spread, 0, last);
}

function infoOf(
  inputShape: [number, number, number, number],
  filterShape: [number, number, number, number],
  { strides, pad, dimRoundingMode }: Pick<FilterAttributes, 'strides' | 'pad' | 'dimRoundingMode'>,
): ConvInfo {
  return tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode, true);
}

function paddingOf({ padInfo }: ConvInfo): [number, number][] {
  return [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ];
}
