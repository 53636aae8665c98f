import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../errors.ts';
import { openNative, type NativeEngine } from './native-package.ts';

/**
 * What computes, best first: TensorFlow's library with CUDA, TensorFlow's library on the CPU, WebAssembly on
 * one thread of the CPU. Only the last is always installed (docs/tensorflow.md).
 */
export const backendNames = ['gpu', 'native', 'wasm'] as const;

export type BackendName = (typeof backendNames)[number];
export type BackendChoice = 'auto' | BackendName;

/** TensorFlow.js, ready to compute and to differentiate. */
export interface TensorflowBackend {
  /** the one instance of `@tensorflow/tfjs-core` that the program's own imports give */
  readonly tf: typeof tf;
  readonly name: BackendName;
  /** engine and versions for logs, such as `TensorFlow 2.21.0 (@tensorflow/tfjs-node 4.22.0)` */
  readonly engine: string;
  /** one sentence for each better backend that was not taken; empty when the best was, or one was named */
  readonly why: readonly string[];
}

const gpuPackage = '@tensorflow/tfjs-node-gpu';
const cpuPackage = '@tensorflow/tfjs-node';

/**
 * Opens a backend of TensorFlow.js: for `auto` the best that works here, else the one that is named. It is in
 * effect for the whole process, until another one is opened; tensors stay with the backend that made them.
 * @param choice - which one
 * @param from - a file beside whose `node_modules` the optional packages are looked for
 * @throws {AppError} `DEVICE_UNAVAILABLE` when the named one, or WebAssembly, does not work here
 */
export async function openTensorflow(
  choice: BackendChoice,
  from: string | URL = import.meta.url,
): Promise<TensorflowBackend> {
  tf.enableProdMode(); // else each kernel that two packages register is a line on the console
  switch (choice) {
    case 'gpu':
      return describe('gpu', await requireNative(gpuPackage, from, true));
    case 'native':
      return describe('native', await requireNative(cpuPackage, from, false));
    case 'wasm':
      return openWebAssembly([]);
    case 'auto':
      return openBest(from);
  }
}

async function openBest(from: string | URL): Promise<TensorflowBackend> {
  const why: string[] = [];
  for (const packageName of [gpuPackage, cpuPackage]) {
    const attempt = await openNative(packageName, from);
    if ('fault' in attempt) {
      why.push(attempt.fault);
      continue;
    }
    if (packageName === gpuPackage && !attempt.isOnGpu) why.push(noGpu());
    return describe(attempt.isOnGpu ? 'gpu' : 'native', attempt, why);
  }
  return openWebAssembly(why);
}

async function requireNative(
  packageName: string,
  from: string | URL,
  needsGpu: boolean,
): Promise<NativeEngine> {
  const attempt = await openNative(packageName, from);
  const fault = 'fault' in attempt ? attempt.fault : needsGpu && !attempt.isOnGpu ? noGpu() : undefined;
  if (fault === undefined && !('fault' in attempt)) return attempt;
  throw new AppError('DEVICE_UNAVAILABLE', `TensorFlow cannot be used: ${fault ?? 'unknown reason'}`, {
    cure: 'docs/tensorflow.md says how it is installed; or let the program choose (auto)',
  });
}

async function openWebAssembly(why: readonly string[]): Promise<TensorflowBackend> {
  // Loaded only when it is wanted: it takes 0.4 s.
  const { openWasm } = await import('./wasm-backend.ts');
  return describe('wasm', await openWasm(), why);
}

function describe(
  name: BackendName,
  { engine }: { engine: string },
  why: readonly string[] = [],
): TensorflowBackend {
  return { tf, name, engine, why };
}

function noGpu(): string {
  return `${gpuPackage} is installed, but TensorFlow finds no GPU that it can use (driver, CUDA 11.2, cuDNN 8.1)`;
}
