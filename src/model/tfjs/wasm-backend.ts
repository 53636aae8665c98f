import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
// For its side effect: it registers the gradients. tfjs-core has them only as files that Node cannot import.
import '@tensorflow/tfjs-layers';
import { AppError } from '../../errors.ts';
import { registerConvGradients } from './wasm-conv-gradients.ts';

/** Events that the backend's loader listens to in order to throw again what Node would have thrown. */
const faultEvents = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Makes WebAssembly the backend of TensorFlow.js: one thread, at most 4 GB, from the package's own files, so
 * without a network.
 * @returns what computes, for logs
 * @throws {AppError} `DEVICE_UNAVAILABLE` when it cannot be started
 */
export async function openWasm(): Promise<{ engine: string }> {
  const require = createRequire(import.meta.url);
  setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  if (!(await withoutNewListeners(() => tf.setBackend('wasm')))) {
    throw new AppError('DEVICE_UNAVAILABLE', "TensorFlow.js: the WebAssembly backend can't be started", {
      cure: 'install chromafeed again; free some memory',
    });
  }
  registerConvGradients();
  const hasSimd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
  return {
    engine: `TensorFlow.js ${tf.version_core} (WebAssembly${hasSimd ? ' with SIMD' : ''}, one thread)`,
  };
}

/** Runs a task and takes away what it added to the listeners for faults: those are the program's own. */
async function withoutNewListeners<T>(task: () => Promise<T>): Promise<T> {
  const known = new Set(faultEvents.flatMap((event) => process.rawListeners(event)));
  try {
    return await task();
  } finally {
    for (const event of faultEvents)
      for (const listener of process.rawListeners(event))
        if (!known.has(listener)) process.off(event, listener as (error: unknown) => void);
  }
}
