import { execFile } from 'node:child_process';
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
