import { cpus } from 'node:os';
import { ffmpegPath, runChild } from './child.ts';

/** What a measured figure depends on, apart from the program. */
export interface Environment {
  readonly date: string;
  /** Commit of the working tree, followed by `+` if files differ from it. */
  readonly commit: string;
  readonly cpu: string;
  readonly node: string;
  readonly ffmpeg: string;
}

/**
 * Describes this machine and this version of the program, for a benchmark's report.
 * @returns the known facts; the commit is `unknown` outside a git checkout
 * @throws {AppError} `FFMPEG_FAILED` without ffmpeg
 */
export async function describeEnvironment(): Promise<Environment> {
  const version = await runChild(ffmpegPath(), ['-version']);
  const cores = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: await describeCommit(),
    cpu: `${cores.length} x ${cores[0]?.model ?? 'unknown'}`,
    node: process.version,
    ffmpeg: /version (\S+)/.exec(version.stdout)?.[1] ?? 'unknown',
  };
}

async function describeCommit(): Promise<string> {
  try {
    const { stdout } = await runChild('git', ['describe', '--always', '--dirty=+', '--exclude=*']);
    return stdout.trim();
  } catch {
    return 'unknown'; // an unpacked release has no git
  }
}
