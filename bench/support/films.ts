import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src/errors.ts';
import { ffmpegPath, runChild } from './child.ts';

const filmName = /\.(mp4|mkv|mov|webm|avi|m4v)$/i;

/**
 * Lists films: a file stands for itself, a folder for the films in it.
 * @param inputs - paths
 * @returns paths in order, a folder's by name
 * @throws {AppError} `INPUT_MISSING` when a path does not exist or none holds a film
 */
export async function listFilms(inputs: readonly string[]): Promise<string[]> {
  const films: string[] = [];
  for (const input of inputs) {
    const found = await stat(input).catch((cause: unknown) => {
      throw new AppError('INPUT_MISSING', `expected a film or a folder but ${input} does not exist`, {
        cause,
      });
    });
    if (!found.isDirectory()) films.push(input);
    else
      films.push(
        ...(await readdir(input))
          .filter((n) => filmName.test(n))
          .sort()
          .map((n) => join(input, n)),
      );
  }
  if (films.length > 0) return films;
  throw new AppError('INPUT_MISSING', `expected films but found none in: ${inputs.join(', ')}`);
}

/**
 * Makes the truth and its gray version of a colour clip, both lossless, 8 bit 4:2:0, with the same luma.
 * @param source - the colour clip
 * @param files - where to write them; overwritten
 * @param options - `frames`: how many from the start (undefined: all); `widthPx`: at most this wide
 * @throws {AppError} `FFMPEG_FAILED`
 */
export async function makeTruthAndGray(
  source: string,
  files: { readonly truth: string; readonly gray: string },
  options: { readonly frames?: number | undefined; readonly widthPx: number },
): Promise<void> {
  const count = options.frames === undefined ? [] : ['-frames:v', String(options.frames)];
  const head = ['-v', 'error', '-nostdin', '-y', '-i'];
  const tail = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-c:v', 'ffv1'];
  const shrink = `scale='min(${options.widthPx},iw)':-2:flags=area,format=yuv420p`;
  await runChild(ffmpegPath(), [...head, source, ...count, '-vf', shrink, ...tail, files.truth]);
  await runChild(ffmpegPath(), [...head, files.truth, '-vf', 'lutyuv=u=128:v=128', ...tail, files.gray]);
}

/**
 * Fingerprint of a film's luma, all frames.
 * @param path - of the film
 * @returns MD5 of the decoded Y planes in order
 * @throws {AppError} `FFMPEG_FAILED`
 */
export async function lumaDigest(path: string): Promise<string> {
  const args = ['-v', 'error', '-nostdin', '-i', path, '-map', '0:v:0', '-vf', 'extractplanes=y'];
  const { stdout } = await runChild(ffmpegPath(), [...args, '-fps_mode', 'passthrough', '-f', 'md5', '-']);
  return stdout.trim();
}
