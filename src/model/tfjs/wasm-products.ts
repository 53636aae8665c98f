import * as tf from '@tensorflow/tfjs-core';
import { replaceWasmKernel, type KernelCall } from './wasm-kernel.ts';

/**
 * Makes products with a transposed matrix, which gradients consist of, fast on the WebAssembly backend. Its own kernel
 * multiplies number by number and takes some 14 times as long, so the matrix is transposed first. Call it once.
 */
export function registerTransposedProducts(): void {
  replaceWasmKernel(tf.BatchMatMul, multiplyTransposed);
}

function multiplyTransposed({ inputs, attrs }: KernelCall): tf.TensorInfo | undefined {
  const { transposeA, transposeB } = attrs as Pick<tf.BatchMatMulAttrs, keyof tf.BatchMatMulAttrs>;
  const [a, b] = [asMatrix(inputs['a']), asMatrix(inputs['b'])];
  if (a === undefined || b === undefined || !(transposeA || transposeB)) return undefined;
  return tf.tidy(() => tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b));
}

/**
 * Kernels receive tensors, although their type only describes a reference to one; undefined if there are several
 * matrices.
 */
function asMatrix(input: tf.TensorInfo | undefined): tf.Tensor2D | undefined {
  return input?.shape.length === 2 ? (input as tf.Tensor2D) : undefined;
}
