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
