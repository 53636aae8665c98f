import * as tf from '@tensorflow/tfjs-core';
import { asTensor4D, replaceWasmKernel, wasmName, type KernelCall } from './wasm-kernel.ts';

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
/** Pixels before and after each side of [batch, height, width, channels]; zero if a side is not padded. */
type Padding = tf.backend_util.ExplicitPadding;

// Aliases instead of the library's interfaces, which cannot be narrowed from a kernel's attributes.
type FilterAttributes = Pick<tf.Conv2DBackpropFilterAttrs, keyof tf.Conv2DBackpropFilterAttrs>;
type InputAttributes = Pick<tf.Conv2DBackpropInputAttrs, keyof tf.Conv2DBackpropInputAttrs>;

/**
 * Gives the WebAssembly backend fast gradients of 2-D convolutions, built from the kernels that it has. It lacks the
 * gradient of the filter, and its own kernel for the gradient of the input is some eight times slower than a
 * convolution. Call it once. NHWC and no dilation, as for the convolutions themselves.
 */
export function registerConvGradients(): void {
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName: wasmName,
    kernelFunc: (call) => differentiateFilter(call),
  });
  replaceWasmKernel(tf.Conv2DBackpropInput, differentiateInput);
}

/** The gradient of the filter [kernel, kernel, in, out], from the input and the output's gradient. */
function differentiateFilter({ inputs, attrs }: KernelCall): tf.Tensor4D {
  const x = asTensor4D(inputs['x']);
  const dy = asTensor4D(inputs['dy']);
  const { filterShape, strides, pad, dimRoundingMode } = attrs as FilterAttributes;
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
  return tf.tidy(() => (isPointwise(info) ? pointwiseFilter(x, dy, info) : spatialFilter(x, dy, info)));
}

/** One matrix product. */
function pointwiseFilter(x: tf.Tensor4D, dy: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const { inChannels, outChannels, filterShape } = info;
  const [pixels, gradients] = [tf.reshape(x, [-1, inChannels]), tf.reshape(dy, [-1, outChannels])];
  return tf.reshape(tf.matMul(pixels, gradients, true), filterShape);
}

/**
 * `dW[i, j] = sum over n, p, q of x[n, p s + i, q s + j]^T dy[n, p, q]` is itself a convolution with batch and
 * channels exchanged: the filter is the output's gradient, dilated by the stride.
 */
function spatialFilter(x: tf.Tensor4D, dy: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const { filterHeight, filterWidth, inChannels, outChannels, strideHeight, strideWidth } = info;
  const { top, bottom, left, right } = info.padInfo;
  const padding: Padding = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const dilation: [number, number] = [strideHeight, strideWidth];
  const sums = tf.conv2d(tf.transpose(x, [3, 1, 2, 0]), filter, 1, padding, 'NHWC', dilation);
  // Rows that the stride never reached give sums outside the filter's size.
  const wanted = tf.slice(sums, 0, [inChannels, filterHeight, filterWidth, outChannels]);
  return tf.transpose(wanted, [1, 2, 0, 3]);
}

/**
 * The gradient of the input: a convolution of the output's gradient with the filter turned by 180 degrees.
 * @returns undefined where the backend's own kernel must be used: with strides, or with padding beyond the filter's
 *   size
 */
function differentiateInput({ inputs, attrs }: KernelCall): tf.Tensor4D | undefined {
  const dy = asTensor4D(inputs['dy']);
  const filter = asTensor4D(inputs['filter']);
  const { inputShape, strides, pad, dimRoundingMode } = attrs as InputAttributes;
  const info = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
  const padding = transposedPadding(info);
  const isPlain = info.strideHeight === 1 && info.strideWidth === 1;
  if (!isPlain || padding.flat().some((pixels) => pixels < 0)) return undefined;
  return tf.tidy(() => {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return tf.conv2d(dy, turned, 1, padding);
  });
}

/** How much a gradient must be padded so that its convolution has the size of the input. */
function transposedPadding({ filterHeight, filterWidth, padInfo }: ConvInfo): Padding {
  return [
    [0, 0],
    [filterHeight - 1 - padInfo.top, filterHeight - 1 - padInfo.bottom],
    [filterWidth - 1 - padInfo.left, filterWidth - 1 - padInfo.right],
    [0, 0],
  ];
}

function isPointwise({ filterHeight, filterWidth, strideHeight, strideWidth, padInfo }: ConvInfo): boolean {
  const { top, bottom, left, right } = padInfo;
  const sides = [filterHeight, filterWidth, strideHeight, strideWidth];
  return sides.every((side) => side === 1) && top + bottom + left + right === 0;
}
