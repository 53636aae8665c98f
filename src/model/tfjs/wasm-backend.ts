import * as tf from '@tensorflow/tfjs-core';
// For its side effect, the registration of gradients. tfjs-core has them only in files that Node cannot import.
import '@tensorflow/tfjs-layers';
import { AppError } from '../../errors.ts';
import { registerConvGradients } from './wasm-conv-gradients.ts';
import { registerDepthwiseGradients } from './wasm-depthwise-gradients.ts';
import { wasmName } from './wasm-kernel.ts';
import { makeWasmBackend } from './wasm-module.ts';
import { registerPoolGradients } from './wasm-pool-gradients.ts';
import { registerTransposedProducts } from './wasm-products.ts';
import { registerThinChannels } from './wasm-thin-channels.ts';

/** Events that the backend's loader listens to only to rethrow errors that Node would throw anyway. */
const faultEvents = ['uncaughtException', 'unhandledRejection'] as const;

/** Threads of the backend, once it is open. */
let openThreads: number | undefined;

/**
 * Makes WebAssembly the backend of TensorFlow.js, with at most 4 threads and 4 GB. It uses the package's own files,
 * so it needs no network.
 * @param wanted - threads; a process keeps those of the first call
 * @returns a description of the engine for logs
 * @throws {AppError} `DEVICE_UNAVAILABLE` when it cannot be started
 */
export async function openWasm(wanted: number): Promise<{ engine: string }> {
  const threads = (openThreads ??= await registerThreaded(wanted));
  await tf.setBackend(wasmName);
  const says = threads === 1 ? 'one thread' : `${String(threads)} threads`;
  return { engine: `TensorFlow.js ${tf.version_core} (WebAssembly with SIMD, ${says})` };
}

/** Replaces the package's backend with the one that has threads. */
async function registerThreaded(wanted: number): Promise<number> {
  try {
    const { backend, threads } = await withoutNewListeners(() => makeWasmBackend(wanted));
    tf.removeBackend(wasmName);
    tf.registerBackend(wasmName, () => backend);
    registerConvGradients();
    registerDepthwiseGradients();
    registerPoolGradients();
    registerTransposedProducts();
    registerThinChannels();
    return threads;
  } catch (error) {
    throw new AppError('DEVICE_UNAVAILABLE', "TensorFlow.js: the WebAssembly backend can't be started", {
      cause: error,
      cure: 'free some memory, or install chromafeed again',
    });
  }
}

/** Runs a task and removes the listeners for faults that it added, because the program has its own. */
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
