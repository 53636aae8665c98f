import { fromEvent, map } from 'rxjs';
import { AppError, exitCodes } from '../errors.ts';
import { isDiskFull } from '../files/write-failure.ts';
import { runCommand, reportFailure } from './run-command.ts';
import { endWithParent, isTrainingChild } from './train/supervise.ts';

/** Runs the command line of this process: argv, signals, exit codes. Nothing else ends the process. */
export async function runProgram(): Promise<void> {
  const stop = new AbortController();
  stopOnSignals(stop);
  let outputFault: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    outputFault ??= error;
    stop.abort(new AppError('INTERRUPTED', `standard output: ${error.message}`));
  });
  const isSupervised = isTrainingChild();
  if (isSupervised) endWithParent();
  const ended = await runCommand(process.argv.slice(2), {
    signal: stop.signal,
    reload$: fromEvent(process, 'SIGHUP').pipe(map(() => undefined)),
    streams: process,
    isSupervised,
  }).catch((error: unknown) => error);
  await new Promise((resolve) => process.stdout.write('', resolve)); // a pending write may still fail
  process.exitCode = outputFault === undefined ? exitCodeOf(ended) : ofOutput(outputFault);
}

/** The first signal stops the command, the second one ends the process immediately. */
function stopOnSignals(stop: AbortController): void {
  let signals = 0;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      signals++;
      if (signals > 1) endNow(name);
      stop.abort(new AppError('INTERRUPTED', `stopped by ${name}`));
    });
  }
}

/**
 * Ends the process, by the signal itself: `process.exit` alone waits for worker threads, and one of them may run a
 * network that never ends.
 */
function endNow(name: NodeJS.Signals): void {
  process.once('exit', () => {
    process.removeAllListeners(name);
    process.kill(process.pid, name);
  });
  process.exit(exitCodes.interrupted);
}

/** @param ended - the exit code of a run, or what it threw */
function exitCodeOf(ended: unknown): number {
  return typeof ended === 'number' ? ended : reportFailure(ended, process);
}

/** A reader that closes our output (`| head`) is not an error. A full disk after `>` is one. */
function ofOutput(error: NodeJS.ErrnoException): number {
  const { code, message } = error;
  if (code === 'EPIPE') return exitCodes.ok;
  const isFull = isDiskFull(error);
  return reportFailure(
    new AppError(
      isFull ? 'DISK_FULL' : 'OUTPUT_UNWRITABLE',
      `standard output: can't be written (${message})`,
      {
        cure: isFull ? 'free some space, and repeat the command' : 'check where standard output goes',
      },
    ),
    process,
  );
}
