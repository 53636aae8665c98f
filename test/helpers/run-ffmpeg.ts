import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';

/** The ffmpeg that tests compare with, and a second one if `FFMPEG_SECOND_PATH` names it. */
export const ffmpegPath = process.env['FFMPEG_PATH'] ?? 'ffmpeg';
export const ffprobePath = process.env['FFPROBE_PATH'] ?? 'ffprobe';
const second = process.env['FFMPEG_SECOND_PATH'];
export const ffmpegPaths: readonly string[] =
  second !== undefined && existsSync(second) ? [ffmpegPath, second] : [ffmpegPath];

/** A folder that is removed after the test. */
export async function tempFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Runs ffmpeg until it ends. Tests use it to make inputs and to check results independently.
 * @param input - is written to its standard input piece by piece
 * @returns its standard output and its warnings
 */
export async function runFfmpeg(
  args: readonly string[],
  options: { input?: readonly Uint8Array[]; path?: string } = {},
): Promise<{ stdout: Buffer; stderr: string }> {
  const child = spawn(options.path ?? ffmpegPath, ['-v', 'warning', '-nostdin', '-y', ...args]);
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined); // ffmpeg may stop reading early; its exit code says why
  for (const piece of options.input ?? []) child.stdin.write(piece);
  child.stdin.end();
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  const exitCode = await code;
  if (exitCode !== 0)
    throw new Error(`ffmpeg ${args.join(' ')} ended with ${exitCode}: ${stderr.toString()}`);
  return { stdout, stderr: stderr.toString() };
}

/** Runs ffprobe and returns its CSV lines without the section names. */
export async function probeCsv(file: string, ...args: readonly string[]): Promise<string[]> {
  const all = ['-v', 'error', ...args, '-of', 'csv=p=0', file];
  const { stdout } = await promisify(execFile)(ffprobePath, all, { maxBuffer: 2 ** 26 });
  return stdout.split('\n').filter((line) => line !== '');
}
