import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { AppError } from '../../src/errors.ts';
import { runFfmpeg } from './run-ffmpeg.ts';
import { runInProcess, type ProgramEnd } from './run-in-process.ts';
import { sharedResources } from './shared-resources.ts';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));

export interface StartedProgram {
  readonly child: ChildProcess;
  /** Resolves when the process has ended. */
  readonly end: Promise<ProgramEnd>;
}

/** Starts the program. */
export function startProgram(...args: readonly string[]): StartedProgram {
  return startProgramWith({}, ...args);
}

/** Starts the program with additional environment variables. */
export function startProgramWith(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): StartedProgram {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const end = new Promise<ProgramEnd>((resolve) =>
    child.once('close', (code) => resolve({ code, ...texts })),
  );
  return { child, end };
}

/**
 * Runs a command line to its end in this process, with the networks of the command lines before it, which saves
 * seconds of starting. What only a process of its own can show (signals, its environment, a training) is for
 * `startProgram` and `runProgramWith`.
 */
export function runProgram(...args: readonly string[]): Promise<ProgramEnd> {
  return startCommand(...args).end;
}

/** Starts a command line in this process, as `runProgram` does. */
export function startCommand(...args: readonly string[]): {
  /** What Ctrl-C does in a process of its own. */
  readonly stop: () => void;
  readonly end: Promise<ProgramEnd>;
} {
  const stop = new AbortController();
  return {
    stop: () => stop.abort(new AppError('INTERRUPTED', 'stopped by SIGINT')),
    end: runInProcess(args, { signal: stop.signal, openResources: sharedResources }),
  };
}

/** Runs the program with additional environment variables until it ends. */
export function runProgramWith(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<ProgramEnd> {
  return startProgramWith(environment, ...args).end;
}

/** The MD5 of the luma of all frames of a film, as stored. */
export async function lumaSum(film: string, ...filters: readonly string[]): Promise<string> {
  const [sum = ''] = await lumaSums([film], filters);
  return sum;
}

/** Checks that two films have the same luma, frame by frame. One ffmpeg reads both. */
export async function sameLuma(t: ExecutionContext, film: string, source: string): Promise<void> {
  const [got, expected] = await lumaSums([film, source]);
  t.regex(got ?? '', /^MD5=/);
  t.is(got, expected);
}

async function lumaSums(films: readonly string[], filters: readonly string[] = []): Promise<string[]> {
  const vf = [...filters, 'extractplanes=y'].join(',');
  const { stdout } = await runFfmpeg([
    ...films.flatMap((film) => ['-noautorotate', '-i', film]),
    ...films.flatMap((_, i) => [
      ...['-map', `${i}:v:0`, '-vf', vf, '-fps_mode', 'passthrough', '-f', 'md5', '-'],
    ]),
  ]);
  return stdout.toString().trim().split('\n');
}

/** One line per decoded frame: its time and the MD5 of all its planes. */
export async function frameSums(film: string): Promise<string[]> {
  const { stdout } = await runFfmpeg([
    ...[
      '-noautorotate',
      '-copyts',
      '-i',
      film,
      '-map',
      '0:v:0',
      '-fps_mode',
      'passthrough',
      '-f',
      'framemd5',
      '-',
    ],
  ]);
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The running ffmpeg processes that have a text in their arguments. */
export function ffmpegsNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // it ended in the meantime
      }
    })
    .filter((line) => line.includes('ffmpeg') && line.includes(text));
}

/** Waits until a condition is true, and checks it every `everyMs` milliseconds; fails after two minutes. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  everyMs = 20,
): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
