import * as tf from '@tensorflow/tfjs-core';
import { asTensor4D, wasmName, type KernelCall } from './wasm-kernel.ts';

/**
 * Mends the gradient of the largest neighbour on the WebAssembly backend, whose kernel finds no largest number among
 * numbers below 0 and gives 0 there. The position of the largest number stays the same if all numbers are lifted above
 * 0. Call it once.
 */
export function registerPoolGradients(): void {
  const own = tf.getKernel(tf.MaxPoolGrad, wasmName);
  tf.unregisterKernel(tf.MaxPoolGrad, wasmName);
  const kernelFunc = (call: KernelCall): tf.TensorInfo | tf.TensorInfo[] => {
    const input = asTensor4D(call.inputs['input']);
    const lifted = tf.tidy(() => tf.add(tf.sub(input, tf.min(input)), 1));
    try {
      return own.kernelFunc({ ...call, inputs: { ...call.inputs, input: lifted } });
    } finally {
      lifted.dispose();
    }
  };
  tf.registerKernel({ ...own, kernelFunc });
}
