import { inspect } from 'node:util';
import { fromEvent, map } from 'rxjs';
import { AppError, exitCodes } from '../errors.ts';
import { isDiskFull } from '../files/write-failure.ts';
import { plainText } from '../log/plain-text.ts';
import { buildProgram } from './program.ts';

/** Runs the command line: argv, signals, exit codes. Nothing else ends the process. */
export async function runProgram(): Promise<void> {
  const stop = new AbortController();
  stopOnSignals(stop);
  let outputFault: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    outputFault ??= error;
    stop.abort(new AppError('INTERRUPTED', `standard output: ${error.message}`));
  });
  const ended = await run(stop.signal).catch((error: unknown) => error);
  await new Promise((resolve) => process.stdout.write('', resolve)); // a pending write may still fail
  process.exitCode = outputFault === undefined ? exitCodeOf(ended) : ofOutput(outputFault);
}

/** The first signal stops the command, the second one ends the process at once. */
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

async function run(signal: AbortSignal): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = buildProgram({
    signal,
    reload$: fromEvent(process, 'SIGHUP').pipe(map(() => undefined)),
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  await program.parseAsync();
  return exitCode;
}

/** @param ended - the exit code of a run, or what it threw */
function exitCodeOf(ended: unknown): number {
  return typeof ended === 'number' ? ended : report(ended);
}

/** A reader that closes our output (`| head`) is not an error; a full disk behind `>` is. */
function ofOutput(error: NodeJS.ErrnoException): number {
  const { code, message } = error;
  if (code === 'EPIPE') return exitCodes.ok;
  const isFull = isDiskFull(error);
  return report(
    new AppError(
      isFull ? 'DISK_FULL' : 'OUTPUT_UNWRITABLE',
      `standard output: can't be written (${message})`,
      {
        cure: isFull ? 'free some space, and repeat the command' : 'check where standard output goes',
      },
    ),
  );
}

function report(error: unknown): number {
  if (error instanceof AppError) {
    say(`chromafeed: ${error.message.split('\n').map(plainText).join('\n')}`);
    if (error.cure !== undefined) say(`  what to do: ${error.cure}`);
    return error.exitCode;
  }
  if (isCommanderExit(error)) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  say('chromafeed: an unexpected error; please report it:');
  say(inspect(error));
  return exitCodes.failure;
}

function isCommanderExit(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && 'exitCode' in error && error.constructor.name.startsWith('Commander');
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
