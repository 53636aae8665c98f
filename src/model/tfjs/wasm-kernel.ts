import * as tf from '@tensorflow/tfjs-core';

/** What TensorFlow.js calls the WebAssembly backend. */
export const wasmName = 'wasm';

export type KernelCall = Parameters<tf.KernelFunc>[0];

/**
 * Puts a kernel before the WebAssembly backend's own. Call it once for each.
 * @param kernel - returns nothing for what the backend's own is to do
 */
export function replaceWasmKernel(
  kernelName: string,
  kernel: (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[] | undefined,
): void {
  const own = tf.getKernel(kernelName, wasmName);
  tf.unregisterKernel(kernelName, wasmName);
  tf.registerKernel({ ...own, kernelFunc: (call) => kernel(call) ?? own.kernelFunc(call) });
}

/**
 * The tensor of rank 4 that a gradient's kernel gets. Kernels get tensors, though their type tells only what a tensor
 * refers to.
 * @throws {TypeError} when it is none
 */
export function asTensor4D(input: tf.TensorInfo | undefined): tf.Tensor4D {
  if (input instanceof tf.Tensor && input.rank === 4) return input as tf.Tensor4D;
  throw new TypeError(
    `a convolution's gradient: expected a tensor of rank 4 but got ${String(input?.shape)}`,
  );
}
