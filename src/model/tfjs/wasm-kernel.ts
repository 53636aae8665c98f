import * as tf from '@tensorflow/tfjs-core';

/** TensorFlow.js's name for the WebAssembly backend. */
export const wasmName = 'wasm';

export type KernelCall = Parameters<tf.KernelFunc>[0];

/**
 * Adds a kernel that is tried before the WebAssembly backend's own. Call it once for each kernel.
 * @param kernel - returns undefined where the backend's own kernel must be used
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
 * Returns the rank-4 tensor that the kernel of a gradient receives. Kernels receive tensors, although their type only
 * describes a reference to one.
 * @throws {TypeError} when it is not a tensor of rank 4
 */
export function asTensor4D(input: tf.TensorInfo | undefined): tf.Tensor4D {
  if (input instanceof tf.Tensor && input.rank === 4) return input as tf.Tensor4D;
  throw new TypeError(
    `a convolution's gradient: expected a tensor of rank 4 but got ${String(input?.shape)}`,
  );
}
