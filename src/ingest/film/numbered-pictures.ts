/**
 * Checks numbered pictures before a film is made from them, and replaces those that can't be read if the user asks for
 * it.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { AppError } from '../../errors.ts';
import { startFfmpeg } from '../ffmpeg/process.ts';

/** Numbered pictures, and how ffmpeg reads them through links. */
export interface NumberedPictures {
  /** The name of the whole sequence in messages. */
  readonly name: string;
  readonly files: readonly string[];
  readonly linked: { readonly url: string; readonly options: readonly string[] };
  /** Links a picture to its index, from 0. It may be called again for the same index. */
  readonly link: (number: number, target: string) => Promise<void>;
  /** Show the previous picture instead of one that can't be read. */
  readonly skipBad: boolean;
  readonly signal: AbortSignal;
}

/** The pictures that are shown, in order. */
export interface ShownPictures {
  readonly files: readonly string[];
  readonly notices: readonly string[];
}

/** A notice names at most this many pictures. */
const mostNamed = 5;

/**
 * Links numbered pictures in order.
 * @throws {AppError} INPUT_DAMAGED when a picture is empty or not a file and `skipBad` is off, or when none can be read; the
 *   signal's reason when it is aborted
 */
export async function linkPictures(pictures: NumberedPictures): Promise<ShownPictures> {
  const { name, files, link, skipBad, signal } = pictures;
  const bad = new Set<number>();
  for (const [i, file] of files.entries()) {
    signal.throwIfAborted();
    const fault = await faultOf(file);
    if (fault !== undefined && !skipBad) throw refusal(`${name}: ${file} ${fault}`);
    if (fault !== undefined) bad.add(i);
  }
  for (const [i, file] of withoutBad(pictures, bad).entries()) await link(i, file);
  if (!skipBad) return { files, notices: [] };
  for (const number of await undecodable(pictures)) bad.add(number);
  const shown = withoutBad(pictures, bad);
  for (const number of bad) await link(number, shown[number] ?? '');
  return { files: shown, notices: notice(files, bad) };
}

/** ffmpeg would end the film at an empty picture. */
async function faultOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return "can't be read as a file";
  return found.size === 0 ? 'is empty' : undefined;
}

/** The previous picture replaces a bad one. Bad pictures at the start are replaced by the first good one. */
function withoutBad({ name, files }: NumberedPictures, bad: ReadonlySet<number>): string[] {
  let last = files.find((_, i) => !bad.has(i));
  return files.map((file, i) => {
    if (!bad.has(i)) last = file;
    if (last === undefined) throw refusal(`${name}: none of its pictures can be read`);
    return last;
  });
}

/** Decodes all pictures once; ffmpeg skips those that it can't read. */
async function undecodable({ files, linked, signal }: NumberedPictures): Promise<number[]> {
  await using ffmpeg = startFfmpeg({
    name: 'looking for bad pictures',
    signal,
    stdout: 'pipe',
    args: [
      ...['-noautorotate', ...linked.options, '-i', linked.url, '-map', '0:v:0', '-fps_mode', 'passthrough'],
      ...['-vf', 'scale=16:16', '-f', 'framecrc', '-'],
    ],
  });
  const lines = await text(ffmpeg.stdout);
  await ffmpeg.exited;
  signal.throwIfAborted();
  const numbers = new Set(
    lines
      .split('\n')
      .filter((line) => line.startsWith('0,'))
      .map((line) => Number(line.split(',')[2])),
  );
  return files.flatMap((_, i) => (numbers.has(i) ? [] : [i]));
}

function notice(files: readonly string[], bad: ReadonlySet<number>): string[] {
  if (bad.size === 0) return [];
  const names = files.filter((_, i) => bad.has(i)).map((file) => basename(file));
  const more = names.length > mostNamed ? ' ...' : '';
  const list = names.slice(0, mostNamed).join(', ') + more;
  return [
    `${bad.size} of ${files.length} pictures can't be read, and the previous picture is shown instead: ${list}`,
  ];
}

function refusal(text: string): AppError {
  return new AppError('INPUT_DAMAGED', text, {
    cure: 'replace this picture, or add --skip-bad: the previous picture is then shown instead',
  });
}
