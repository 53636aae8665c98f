import { createRequire } from 'node:module';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { BackendOptions } from './backend-options.ts';
import { prepareNativeEnvironment } from './native-environment.ts';

/** TensorFlow's own library, loaded and in effect. */
export interface NativeEngine {
  readonly engine: string;
  /** whether it computes on a GPU; the package for GPUs works without one */
  readonly isOnGpu: boolean;
}

/** Why a package cannot be used: a sentence that starts with its name. */
export interface NativeFault {
  readonly fault: string;
}

const packageShape = z.object({
  version: z.object({ 'tfjs-core': z.string(), 'tfjs-node': z.string() }),
  Tensor: z.unknown(),
});
const backendShape = z.object({
  isUsingGpuDevice: z.boolean(),
  binding: z.object({ TF_Version: z.string() }),
});

/**
 * Loads an optional package that connects TensorFlow's library to TensorFlow.js, and makes it the backend. Its
 * environment variables (`prepareNativeEnvironment`) reach the library only from the main thread.
 * @param packageName - `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`
 * @returns the engine, or why it cannot be used; never rejects because of the package
 */
export async function openNative(
  packageName: string,
  { from = import.meta.url, threads }: BackendOptions,
): Promise<NativeEngine | NativeFault> {
  const require = createRequire(from);
  if (!isInstalled(packageName, require)) return { fault: `${packageName} is not installed` };
  try {
    prepareProcess(threads);
    const loaded = packageShape.parse(require(packageName));
    if (loaded.Tensor !== tf.Tensor) return { fault: describeCopy(packageName, loaded.version['tfjs-core']) };
    await tf.setBackend('tensorflow');
    const { isUsingGpuDevice, binding } = backendShape.parse(tf.backend());
    const engine = `TensorFlow ${binding.TF_Version} (${packageName} ${loaded.version['tfjs-node']})`;
    return { engine, isOnGpu: isUsingGpuDevice };
  } catch (error) {
    return { fault: `${packageName} is installed, but its library cannot be loaded: ${firstLine(error)}` };
  }
}

function isInstalled(packageName: string, require: NodeJS.Require): boolean {
  try {
    require.resolve(`${packageName}/package.json`);
    return true;
  } catch {
    return false;
  }
}

function prepareProcess(threads: number | undefined): void {
  prepareNativeEnvironment(threads);
  // tfjs-node 4.22 calls it; Node 22 warns about it, and Node 23 removed it.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
}

function describeCopy(packageName: string, version: string): string {
  return `${packageName} has its own copy of TensorFlow.js ${version}, but this program has ${tf.version_core}: run npm dedupe`;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split('\n').find((text) => text.trim() !== '');
  return line?.trim() ?? 'unknown reason';
}
