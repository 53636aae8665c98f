/** The worker thread that owns the engine: each export is a task for piscina, one at a time. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { DeviceChoice } from './choose-device.ts';
import type { Engine, EngineName, EngineSetup, PackedBatch } from './engine.ts';
import { OnnxEngine } from '../onnx/onnx-engine.ts';

/** An AppError as plain data, because structured cloning keeps only the message of an error. */
export interface TaskFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export type TaskResult<T> = { readonly value: T } | { readonly fault: TaskFault };

let engine: Engine | undefined;

/** Opens the engine, and also a user's embedding network, so that a mismatch is reported before the first frame. */
export function open({
  name,
  setup,
}: {
  name: EngineName;
  setup: EngineSetup;
}): Promise<TaskResult<DeviceChoice>> {
  return answer(async () => {
    giveWay(setup.niceness ?? 0);
    const opened = await openEngine(name, setup);
    engine = opened.engine;
    if (setup.embedding.bundled === undefined) await engine.embedding.open();
    return { device: opened.device, notices: opened.notices };
  });
}

async function openEngine(name: EngineName, setup: EngineSetup): Promise<DeviceChoice & { engine: Engine }> {
  if (name === 'onnx') return { engine: await OnnxEngine.open(setup), device: setup.device, notices: [] };
  // Loaded only when needed, because it takes 0.3 s.
  const { TensorflowEngine } = await import('../tfjs/tensorflow-engine.ts');
  const opened = await TensorflowEngine.open(setup);
  const { backend } = opened;
  const device = backend.name === 'gpu' ? 'cuda' : 'cpu';
  return { engine: opened, device, notices: [...backend.why, `the network runs on ${backend.engine}`] };
}

/** @returns `[count, 2, h/stride, w/stride]`; small (18 KB per picture), so it is copied to the caller's thread */
export function colorize(batch: PackedBatch): Promise<TaskResult<Float32Array>> {
  return answer(() => opened().colorize(batch));
}

/** @returns one embedding per picture */
export function embed(pictures: readonly Uint8Array[]): Promise<TaskResult<Float32Array[]>> {
  return answer(() => opened().embedding.embed(pictures));
}

/** Releases the sessions; no task may follow. */
export function close(): Promise<TaskResult<null>> {
  return answer(async () => {
    await engine?.[Symbol.asyncDispose]();
    engine = undefined;
    return null;
  });
}

/**
 * Lowers the priority of this thread. On Linux each thread has its own priority, which the threads of onnxruntime
 * inherit; on other systems this does nothing.
 */
function giveWay(niceness: number): void {
  if (niceness === 0 || process.platform !== 'linux') return;
  const thread = Number(basename(readlinkSync('/proc/thread-self')));
  setPriority(thread, niceness);
}

async function answer<T>(task: () => Promise<T>): Promise<TaskResult<T>> {
  try {
    return { value: await task() };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, cure, details } = error;
    return { fault: { code, message, cure, details } };
  }
}

function opened(): Engine {
  if (engine === undefined) throw new TypeError('expected an open engine but got none');
  return engine;
}
