import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../errors.ts';
import type { BackendOptions } from './backend-options.ts';
import { openNative, type NativeEngine } from './native-package.ts';

/**
 * The backends, best first: TensorFlow's library with CUDA, TensorFlow's library on the CPU, WebAssembly.
 * Only the last is always installed (docs/tensorflow.md).
 */
export const backendNames = ['gpu', 'native', 'wasm'] as const;

export type BackendName = (typeof backendNames)[number];
export type BackendChoice = 'auto' | BackendName;

/** TensorFlow.js, ready to compute and to differentiate. */
export interface TensorflowBackend {
  /** the one instance of `@tensorflow/tfjs-core` that the program imports */
  readonly tf: typeof tf;
  readonly name: BackendName;
  /** engine and versions for logs, such as `TensorFlow 2.21.0 (@tensorflow/tfjs-node 4.22.0)` */
  readonly engine: string;
  /**
   * one sentence for each better backend that was not used; empty when the best one is used, or the caller chose one
   */
  readonly why: readonly string[];
}

const gpuPackage = '@tensorflow/tfjs-node-gpu';
const cpuPackage = '@tensorflow/tfjs-node';

/**
 * Opens a backend of TensorFlow.js: the best one that works here for `auto`, or the one that is named. It is in
 * effect for the whole process until another one is opened; tensors stay with the backend that made them.
 * @param choice - which one; `native` is TensorFlow's library on any device
 * @throws {AppError} `DEVICE_UNAVAILABLE` when the named one, or WebAssembly, does not work here
 */
export function openTensorflow(
  choice: BackendChoice,
  options: BackendOptions = {},
): Promise<TensorflowBackend> {
  const next = opening.then(() => openNow(choice, options));
  opening = next.catch(() => undefined);
  return next;
}

/** Backends open one after the other: two that start WebAssembly at the same time both report a failure. */
let opening: Promise<unknown> = Promise.resolve();

async function openNow(choice: BackendChoice, options: BackendOptions): Promise<TensorflowBackend> {
  tf.enableProdMode(); // otherwise each kernel that two packages register prints a line
  if (choice === 'wasm') return openWebAssembly(options, []);
  const packages = choice === 'native' ? [cpuPackage, gpuPackage] : [gpuPackage, cpuPackage];
  const { library, why } = await openLibrary(packages, options, choice === 'gpu');
  if (library !== undefined)
    return { tf, name: library.isOnGpu ? 'gpu' : 'native', engine: library.engine, why };
  if (choice === 'auto') return openWebAssembly(options, why);
  throw new AppError('DEVICE_UNAVAILABLE', `TensorFlow cannot be used: ${why.join('; ')}`, {
    cure: 'see docs/tensorflow.md for its installation, or let the program choose (auto)',
  });
}

/** The first package that can be loaded decides: a process with two of TensorFlow's libraries crashes. */
async function openLibrary(
  packages: readonly string[],
  options: BackendOptions,
  needsGpu: boolean,
): Promise<{ library: NativeEngine | undefined; why: readonly string[] }> {
  const why: string[] = [];
  for (const packageName of packages) {
    const attempt = await openNative(packageName, options);
    if ('fault' in attempt) {
      why.push(attempt.fault);
      continue;
    }
    const misses = !attempt.isOnGpu && (needsGpu || packageName === gpuPackage);
    if (misses) why.push(`${packageName} is installed, but TensorFlow finds no GPU that it can use`);
    return { library: misses && needsGpu ? undefined : attempt, why };
  }
  return { library: undefined, why };
}

async function openWebAssembly(
  { threads = availableParallelism() }: BackendOptions,
  why: readonly string[],
): Promise<TensorflowBackend> {
  // Loaded only when needed, because it takes 0.4 s.
  const { openWasm } = await import('./wasm-backend.ts');
  return { tf, name: 'wasm', ...(await openWasm(threads)), why };
}
