import { spawn } from 'node:child_process';
import { AppError } from '../../src/errors.ts';

const stderrTailChars = 4096;

/** The ffmpeg program: `FFMPEG_PATH`, or the one on PATH. */
export function ffmpegPath(): string {
  return process.env['FFMPEG_PATH'] ?? 'ffmpeg';
}

/** The ffprobe program: `FFPROBE_PATH`, or the one on PATH. */
export function ffprobePath(): string {
  return process.env['FFPROBE_PATH'] ?? 'ffprobe';
}

/** A child process that succeeded. */
export interface ChildResult {
  readonly stdout: string;
  readonly wallSeconds: number;
}

/**
 * Runs a program to its end and times it.
 * @param command - program; its standard input is empty
 * @param args - its arguments
 * @param onStart - called once with the child's process id
 * @returns standard output as text and wall time
 * @throws {AppError} `FFMPEG_FAILED` when it cannot start or ends with another code than 0; the message
 *   has the end of its standard error
 */
export function runChild(
  command: string,
  args: readonly string[],
  onStart?: (pid: number) => void,
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    let stderrTail = '';
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => {
      stderrTail = (stderrTail + bytes.toString()).slice(-stderrTailChars);
    });
    child.on('error', (cause) => reject(failure(command, args, cause.message, stderrTail)));
    child.on('close', (code, signal) => {
      if (code !== 0) {
        reject(failure(command, args, `ended with ${code ?? signal ?? 'no code'}`, stderrTail));
        return;
      }
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        wallSeconds: (performance.now() - startMs) / 1000,
      });
    });
    if (child.pid !== undefined) onStart?.(child.pid);
  });
}

function failure(command: string, args: readonly string[], what: string, stderrTail: string): AppError {
  return new AppError('FFMPEG_FAILED', `${[command, ...args].join(' ')}: ${what}\n${stderrTail.trim()}`, {
    cure: 'Run that command by hand to see why it fails.',
  });
}
