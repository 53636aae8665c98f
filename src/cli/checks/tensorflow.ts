import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BackendProbe } from '../../model/tfjs/backend-probe.ts';
import { passed, warned, type Check } from './check.ts';

const run = promisify(execFile);
const probePath = fileURLToPath(new URL('../../model/tfjs/backend-probe.js', import.meta.url));
const timeoutMs = 30_000;

/** The program colours without it, and also trains without it, at half the speed. */
const cure =
  'nothing, unless you train models; then install TensorFlow: ./run tensorflow (docs/tensorflow.md)';

/** Reports which backend of TensorFlow.js would train, and why not a better one. This is never a fault. */
export async function checkTensorflow(signal: AbortSignal): Promise<Check> {
  try {
    const { stdout } = await run(process.execPath, [probePath], { timeout: timeoutMs, signal });
    return describeBackend(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as BackendProbe);
  } catch (error) {
    signal.throwIfAborted();
    return warned('tensorflow', `its library ended the process: ${lastLine(error)}`, cure);
  }
}

/** The line for a backend. WebAssembly is a warning, because it is the slowest one. */
export function describeBackend({ name, engine, why }: BackendProbe): Check {
  const detail = `${name}: ${[engine, ...why].join('; ')}`;
  return name === 'wasm' ? warned('tensorflow', detail, cure) : passed('tensorflow', detail);
}

/** The last line of what the process printed. The first line is its command. */
function lastLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trimEnd().split('\n').at(-1) ?? message;
}
