#!/usr/bin/env node
/** The command line: argv, signals, exit codes. The only place that ends the process. */
import { fromEvent, map } from 'rxjs';
import { buildProgram } from './cli/program.ts';
import { AppError, exitCodes } from './errors.ts';
import { isDiskFull } from './files/write-failure.ts';

const stop = new AbortController();
let signals = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    signals++;
    if (signals > 1) process.exit(exitCodes.interrupted);
    stop.abort(new AppError('INTERRUPTED', `stopped by ${name}`));
  });
}
const reload$ = fromEvent(process, 'SIGHUP').pipe(map(() => undefined));
let outputFault: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  outputFault ??= error;
  stop.abort(new AppError('INTERRUPTED', `standard output: ${error.message}`));
});

const ended = await run().catch((error: unknown) => error);
await new Promise((resolve) => process.stdout.write('', resolve)); // what is under way may still fail
process.exitCode = outputFault === undefined ? exitCodeOf(ended) : ofOutput(outputFault);

async function run(): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = buildProgram({
    signal: stop.signal,
    reload$,
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  await program.parseAsync();
  return exitCode;
}

/** @param ended - what a run came to: its exit code, or what was thrown */
function exitCodeOf(ended: unknown): number {
  return typeof ended === 'number' ? ended : report(ended);
}

/** A reader of our output that goes away (`| head`) is no fault of ours; a full disk behind `>` is one to tell. */
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
    console.error(`chromafeed: ${error.message}`);
    if (error.cure !== undefined) console.error(`  what to do: ${error.cure}`);
    return error.exitCode;
  }
  if (isCommanderExit(error)) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  console.error('chromafeed: an error that nobody foresaw; please report it:');
  console.error(error);
  return exitCodes.failure;
}

function isCommanderExit(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && 'exitCode' in error && error.constructor.name.startsWith('Commander');
}
