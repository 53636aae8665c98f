#!/usr/bin/env node
/** The command line: argv, signals, exit codes. The only place that ends the process. */
import { fromEvent, map } from 'rxjs';
import { buildProgram } from './cli/program.ts';
import { AppError, exitCodes } from './errors.ts';

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
// A reader of our output that goes away (`| head`) is no fault of ours.
process.stdout.on('error', () => process.exit(exitCodes.ok));

try {
  process.exitCode = await run();
} catch (error) {
  process.exitCode = report(error);
}

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
