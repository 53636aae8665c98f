import { inspect } from 'node:util';
import type { Command } from 'commander';
import { AppError, exitCodes } from '../errors.ts';
import { plainLines } from '../log/plain-text.ts';
import type { CommandContext, CommandStreams } from './command-context.ts';
import { buildProgram } from './program.ts';

/**
 * Runs one command line to its end. It touches nothing of the process but its environment, so that several command
 * lines can run in one process.
 * @param args - without the names of Node and of the program: `['file', 'film.mkv']`
 * @returns exit code
 * @throws what the command threw; `reportFailure` prints it
 */
export async function runCommand(
  args: readonly string[],
  context: Omit<CommandContext, 'setExitCode'>,
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = buildProgram({
    ...context,
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  writeTo(program, context.streams);
  await program.parseAsync(args, { from: 'user' });
  return exitCode;
}

/**
 * Prints the reason of a failure and its cure.
 * @param error - what a command threw
 * @returns exit code
 */
export function reportFailure(error: unknown, { stderr }: Pick<CommandStreams, 'stderr'>): number {
  if (error instanceof AppError) {
    stderr.write(`chromafeed: ${plainLines(error.message)}\n`);
    if (error.cure !== undefined) stderr.write(`  what to do: ${error.cure}\n`);
    return error.exitCode;
  }
  if (isCommanderExit(error)) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  stderr.write(`chromafeed: an unexpected error; please report it:\n${inspect(error)}\n`);
  return exitCodes.failure;
}

/** Commander does not pass these settings on to commands that were built apart. */
function writeTo(command: Command, streams: CommandStreams): void {
  command.configureOutput({
    writeOut: (text) => void streams.stdout.write(text),
    writeErr: (text) => void streams.stderr.write(text),
  });
  for (const part of command.commands) writeTo(part, streams);
}

function isCommanderExit(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && 'exitCode' in error && error.constructor.name.startsWith('Commander');
}
