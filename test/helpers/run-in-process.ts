import { Writable } from 'node:stream';
import { NEVER } from 'rxjs';
import type { CommandContext } from '../../src/cli/command-context.ts';

/** What the program printed, and its exit code. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line in this process until it ends.
 * @param signal - stops it, as Ctrl-C does
 * @param openResources - opens its networks; default: as a process of its own does
 */
export async function runInProcess(
  args: readonly string[],
  { signal, openResources }: Partial<Pick<CommandContext, 'signal' | 'openResources'>> = {},
): Promise<ProgramEnd> {
  const { runCommand, reportFailure } = await import('../../src/cli/run-command.ts');
  const texts = { stdout: '', stderr: '' };
  const into = (name: keyof typeof texts): Writable =>
    new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        texts[name] += text;
        done();
      },
    });
  const streams = { stdout: into('stdout'), stderr: into('stderr') };
  const code = await runCommand(args, {
    signal: signal ?? new AbortController().signal,
    reload$: NEVER,
    streams,
    isSupervised: true,
    ...(openResources !== undefined && { openResources }),
  }).catch((error: unknown) => reportFailure(error, streams));
  return { code, ...texts };
}
