import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { AppError } from '../../errors.ts';
import { ffprobePath } from './binaries.ts';
import { childEnvironment } from './child-environment.ts';

export interface FfprobeRun {
  readonly signal?: AbortSignal | undefined;
  /** the most that ffprobe may print, bytes */
  readonly maxBuffer: number;
  /** makes the error if ffprobe ran but failed; `stderr` is its output */
  readonly explain: (error: Error, stderr: string) => AppError;
}

/**
 * Runs ffprobe to its end.
 * @returns what it printed
 * @throws {AppError} FFMPEG_MISSING; the error from `explain`; the reason of the signal
 */
export function runFfprobe(args: readonly string[], run: FfprobeRun): Promise<string> {
  const { signal, maxBuffer, explain } = run;
  const settings = { maxBuffer, env: childEnvironment(), ...(signal === undefined ? {} : { signal }) };
  return new Promise((resolve, reject) => {
    execFile(ffprobePath(), args, settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal?.aborted === true) reject(toError(signal.reason));
      else reject(isMissing(error) ? missing(error) : explain(error, stderr));
    });
  });
}

/**
 * Runs ffprobe to its end and takes its output line by line, so that a long list is never held whole.
 * @param onLine - gets each line without its end
 * @throws {AppError} FFMPEG_MISSING; what `explain` makes; the signal's reason
 */
export async function readFfprobe(
  args: readonly string[],
  run: Omit<FfprobeRun, 'maxBuffer'>,
  onLine: (line: string) => void,
): Promise<void> {
  const { signal, explain } = run;
  const child = spawn(ffprobePath(), args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment() });
  const stop = (): boolean => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(isMissing(error) ? missing(error) : error));
    child.once('close', resolve);
  });
  const [code, stderr] = await Promise.all([ended, textOf(child.stderr), eachLine(child.stdout, onLine)]);
  signal?.removeEventListener('abort', stop);
  if (signal?.aborted === true) throw toError(signal.reason);
  if (code !== 0) throw explain(new Error(`ffprobe ended with ${code ?? 'a signal'}`), stderr);
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLine(line);
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new AppError('INTERRUPTED', 'probing was stopped');
}

function isMissing(error: Error): boolean {
  return 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES');
}

function missing(cause: Error): AppError {
  return new AppError('FFMPEG_MISSING', `could not start "${ffprobePath()}" (${cause.message})`, {
    cure: 'install ffmpeg 5.1 or newer (Debian: apt-get install ffmpeg), or set FFPROBE_PATH to its path',
    cause,
  });
}
