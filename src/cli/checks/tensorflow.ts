import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BackendProbe } from '../../model/tfjs/backend-probe.ts';
import { passed, warned, type Check } from './check.ts';

const run = promisify(execFile);
const probePath = fileURLToPath(new URL('../../model/tfjs/backend-probe.js', import.meta.url));
const timeoutMs = 30_000;

/** The program colours without it, and trains without it: at half the speed. */
const cure =
  'nothing where no model is trained; else install TensorFlow: ./run tensorflow (docs/tensorflow.md)';

/** Which backend of TensorFlow.js would train, and why not a better one; never a fault. */
export async function checkTensorflow(signal: AbortSignal): Promise<Check> {
  try {
    const { stdout } = await run(process.execPath, [probePath], { timeout: timeoutMs, signal });
    return describeBackend(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as BackendProbe);
  } catch (error) {
    signal.throwIfAborted();
    return warned('tensorflow', `its library ended the process: ${lastLine(error)}`, cure);
  }
}

/** The line for a backend. WebAssembly gets a warning, because it is the slowest one. */
export function describeBackend({ name, engine, why }: BackendProbe): Check {
  const detail = `${name}: ${[engine, ...why].join('; ')}`;
  return name === 'wasm' ? warned('tensorflow', detail, cure) : passed('tensorflow', detail);
}

/** What the process said last; its first line is the command that was run. */
function lastLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trimEnd().split('\n').at(-1) ?? message;
}
