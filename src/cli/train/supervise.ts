import { fork, type ChildProcess } from 'node:child_process';
import { AppError, exitCodes } from '../../errors.ts';

/** The child's environment variable that tells it to train, not to supervise. */
const childVariable = 'CHROMAFEED_TRAINS';
/** If a step and a checkpoint take longer than this, the child hangs. */
const patienceMs = 60_000;

/** Whether this process is the child that trains. */
export function isTrainingChild(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment[childVariable] !== undefined && process.send !== undefined;
}

/** Stops the child after a checkpoint if its parent is gone, because nobody else could stop it. */
export function endWithParent(): void {
  process.once('disconnect', () => process.kill(process.pid, 'SIGINT'));
  process.channel?.unref();
}

/** A program to supervise. */
export interface SupervisedProgram {
  /** a JavaScript file */
  readonly script: string;
  readonly args: readonly string[];
  /** ends it: first with SIGINT, after `patienceMs` with SIGKILL */
  readonly signal: AbortSignal;
  readonly patienceMs?: number;
}

/**
 * Runs a training in a separate process and waits for it. A step blocks the event loop of the training process, and a
 * step that has run out of memory may block it endlessly. This process always receives a signal, and ends the other
 * one.
 * @returns the child's exit code; 130 if it had to be killed after a signal
 * @throws {AppError} DEVICE_UNAVAILABLE if the system killed the child or it crashed
 */
export async function supervise(program: SupervisedProgram): Promise<number> {
  const child = fork(program.script, program.args, {
    stdio: 'inherit',
    detached: true, // Ctrl-C reaches only this process, which passes it on
    env: { ...process.env, [childVariable]: '1' },
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill); // a second signal ends this process immediately
  const isKilled = stopOnAbort(child, program);
  try {
    const { code, signal } = await endOf(child);
    if (code !== null) return code;
    if (program.signal.aborted || isKilled()) return exitCodes.interrupted;
    throw crashed(signal ?? 'an unknown signal');
  } finally {
    process.off('exit', kill);
  }
}

/** Forwards an abort. @returns whether the child had to be killed because it did not react */
function stopOnAbort(
  child: ChildProcess,
  { signal, patienceMs: limit = patienceMs }: SupervisedProgram,
): () => boolean {
  let isKilled = false;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGINT');
    timer = setTimeout(() => {
      isKilled = true;
      process.stderr.write(
        'train: the current step did not end in time and was stopped; the last checkpoint is kept\n',
      );
      child.kill('SIGKILL');
    }, limit);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  child.once('exit', () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
  return () => isKilled;
}

function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function crashed(signal: string): AppError {
  return new AppError(
    'DEVICE_UNAVAILABLE',
    `train: the process that trains was ended by ${signal}; most likely memory ran out`,
    {
      cure: 'repeat the command with a smaller --batch-size: it resumes from the last checkpoint of a run with the same settings',
    },
  );
}
