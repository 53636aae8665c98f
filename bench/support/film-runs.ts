import { fileURLToPath } from 'node:url';
import { AppError } from '../../src/errors.ts';
import { ffmpegPath, runChild } from './child.ts';
import { MemoryWatch, type MemoryPeak } from './process-memory.ts';

const program = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The encoder of both: ffmpeg alone, and the whole program. */
export interface Encoder {
  readonly codec: string;
  readonly preset: string;
  readonly crf: string;
}

/** Transcodes a film with ffmpeg alone. @returns seconds */
export async function transcode(input: string, output: string, encoder: Encoder): Promise<number> {
  const head = ['-v', 'error', '-nostdin', '-y', '-i', input, '-c:v', encoder.codec];
  const quality = ['-preset', encoder.preset, '-crf', encoder.crf, '-c:a', 'copy'];
  return (await runChild(ffmpegPath(), [...head, ...quality, output])).wallSeconds;
}

/**
 * Colours a film with the whole program.
 * @param more - further options of `chromafeed file`
 * @returns seconds, and the highest memory of its processes
 */
export async function colorize(
  input: string,
  output: string,
  encoder: Encoder,
  more: readonly string[] = [],
): Promise<{ seconds: number; peak: MemoryPeak }> {
  const quality = ['--codec', encoder.codec, '--preset', encoder.preset, '--crf', encoder.crf];
  const args = [program, 'file', input, '-o', output, '-y', ...quality, ...more];
  const watches: MemoryWatch[] = [];
  try {
    const run = await runChild(process.execPath, args, (pid) => watches.push(new MemoryWatch(pid)));
    const [watch] = watches;
    if (watch === undefined) throw new AppError('FFMPEG_FAILED', `${program}: it did not start`);
    return { seconds: run.wallSeconds, peak: watch.peak };
  } finally {
    for (const watch of watches) watch[Symbol.dispose]();
  }
}
