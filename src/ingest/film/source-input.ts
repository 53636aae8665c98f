import { mkdtemp, open, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../errors.ts';
import { isDiskFull } from '../../files/write-failure.ts';
import { fileUrl } from '../ffmpeg/file-url.ts';
import { sequenceExtensions } from './file-extensions.ts';
import { oneFileOptions } from './film-formats.ts';
import { linkPictures } from './numbered-pictures.ts';

/** What ffmpeg and ffprobe read. Disposal removes what was made for it (links, a copy of standard input). */
export interface SourceInput extends AsyncDisposable {
  /** Its name in messages. */
  readonly name: string;
  /** The argument of `-i`. */
  readonly url: string;
  /** Options before `-i`. */
  readonly options: readonly string[];
  /** The files that its frames come from, in order. */
  readonly files: readonly string[];
  /** Whether its file is a copy of a stream, so that the name says nothing about the content. */
  readonly isSpooled: boolean;
  /** Numbered pictures instead of a film file. */
  readonly isSequence: boolean;
  /** Messages for the user, such as gaps in the numbers. */
  readonly notices: readonly string[];
}

export interface SequenceOptions {
  /** Pictures per second; default: `defaultFrameRate`. */
  readonly frameRate?: number | undefined;
  /** Show the previous picture instead of one that can't be read. Default: false, such a picture is an error. */
  readonly skipBad?: boolean | undefined;
  /** Stops the search for bad pictures, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Numbered pictures per second. */
export const defaultFrameRate = 24;
const numberPattern = /%(?:0?(\d+))?d/;

/**
 * Opens a film file, a pattern of numbered pictures (`frame_%04d.png`) or a folder of pictures.
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED (a folder without pictures, or with pictures of two kinds)
 */
export async function openSource(path: string, options: SequenceOptions = {}): Promise<SourceInput> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() === true) return openFolder(path, options);
  if (info !== undefined) {
    if (!info.isFile()) throw noFile(path);
    await (await open(path).catch((error: unknown) => refuse(unreadable(path, error)))).close();
    if (info.size === 0)
      throw new AppError('INPUT_UNSUPPORTED', `${path}: expected a film but the file is empty`, {
        cure: 'copy it again from where it came',
      });
    return plainSource(path, path);
  }
  if (numberPattern.test(basename(path))) return openPattern(path, options);
  throw missing(path);
}

/**
 * Opens what a command line names: `-` for standard input, otherwise see `openSource`.
 * @throws {AppError} as `openSource` and `spoolStdin`
 */
export async function openInput(
  input: string,
  options: SequenceOptions & { readonly signal: AbortSignal },
): Promise<SourceInput> {
  const { signal } = options;
  return input === '-' ? spoolStdin(process.stdin, { signal }) : openSource(input, options);
}

/** Copies standard input (or another stream) to a file, so that it can be read more than once. */
export async function spoolStdin(
  stream: AsyncIterable<Uint8Array>,
  options: { folder?: string; signal: AbortSignal },
): Promise<SourceInput> {
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), 'chromafeed-stdin-'));
  const path = join(folder, 'input');
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = await open(path, 'wx');
    await pipeline(stream, file.createWriteStream(), { signal: options.signal });
    if ((await stat(path)).size === 0)
      throw new AppError('INPUT_UNSUPPORTED', 'standard input: expected a film but it is empty', {
        cure: 'check the program that writes to the pipe',
      });
    return { ...plainSource('standard input', path), isSpooled: true, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    options.signal.throwIfAborted();
    throw spoolFailure(error, folder);
  }
}

function spoolFailure(error: unknown, folder: string): unknown {
  if (!isDiskFull(error)) return error;
  return new AppError('DISK_FULL', `${folder}: the disk became full while standard input was stored`, {
    cure: 'free some space, set TMPDIR to another disk, or name a file instead of standard input',
    cause: error,
  });
}

async function openFolder(folder: string, options: SequenceOptions): Promise<SourceInput> {
  const names = (await visibleFiles(folder)).filter((name) =>
    sequenceExtensions.includes(extname(name).toLowerCase()),
  );
  const kinds = new Set(names.map((name) => extname(name).toLowerCase()));
  if (names.length === 0) {
    throw new AppError('INPUT_UNSUPPORTED', `${folder}: expected numbered pictures but the folder has none`, {
      cure: `name a film file, or a folder of ${sequenceExtensions.join(' ')}`,
    });
  }
  if (kinds.size > 1) {
    throw new AppError(
      'INPUT_UNSUPPORTED',
      `${folder}: expected pictures of one kind but got ${[...kinds].join(', ')}`,
      {
        cure: 'put each kind into a separate folder',
      },
    );
  }
  const ordered = names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return linkSequence(folder, ordered, [...kinds][0] ?? '', options);
}

async function openPattern(path: string, options: SequenceOptions): Promise<SourceInput> {
  const folder = resolve(path, '..');
  const match = numberPattern.exec(basename(path));
  if (match === null) throw missing(path);
  const [before, after] = [
    basename(path).slice(0, match.index),
    basename(path).slice(match.index + match[0].length),
  ];
  const digits = Number(match[1] ?? 1);
  const names = (await readdir(folder).catch(() => [])).filter((name) => {
    const middle = name.slice(before.length, name.length - after.length);
    const isInside = name.startsWith(before) && name.endsWith(after) && /^\d+$/.test(middle);
    return isInside && (middle.length === digits || (middle.length > digits && !middle.startsWith('0')));
  });
  if (names.length === 0) throw missing(path);
  const ordered = names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return linkSequence(
    path,
    ordered.map((name) => join(folder, name)),
    extname(path),
    options,
  );
}

/**
 * Renumbers pictures with links in a temporary folder. ffmpeg's sequence reader stops at the first gap and supports no
 * other order, and its list reader rounds times.
 */
async function linkSequence(
  name: string,
  files: readonly string[],
  extension: string,
  options: SequenceOptions,
): Promise<SourceInput> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-sequence-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const targets = files.map((file) => (file === basename(file) ? resolve(name, file) : file));
  const rate = frameRateText(options.frameRate ?? defaultFrameRate);
  const reader = ['-protocol_whitelist', 'file', '-f', 'image2', '-framerate', rate, '-start_number', '0'];
  const linked = { url: join(folder, `%08d${extension}`), options: reader };
  const link = async (number: number, target: string): Promise<void> => {
    const path = join(folder, `${String(number).padStart(8, '0')}${extension}`);
    await rm(path, { force: true });
    await symlink(target, path);
  };
  try {
    const chosen = await linkPictures({
      name,
      files: targets,
      linked,
      link,
      skipBad: options.skipBad === true,
      signal: options.signal ?? new AbortController().signal,
    });
    return {
      ...linked,
      name,
      files: chosen.files,
      isSpooled: false,
      isSequence: true,
      notices: [...gapNotice(files), ...chosen.notices],
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Rates such as 23.976 mean fractions of 1001. */
function frameRateText(rate: number): string {
  const nearest = Math.round(rate);
  if (Number.isInteger(rate)) return String(rate);
  return Math.abs((nearest * 1000) / 1001 - rate) < 0.005 ? `${nearest * 1000}/1001` : String(rate);
}

function gapNotice(files: readonly string[]): string[] {
  const numbers = files.map((file) => Number(/(\d+)\D*$/.exec(basename(file))?.[1] ?? NaN));
  const missingNumbers = numbers.flatMap((number, i) => {
    const before = numbers[i - 1];
    return before !== undefined && number > before + 1 ? [before + 1] : [];
  });
  if (missingNumbers.length === 0) return [];
  const list = missingNumbers.slice(0, 5).join(', ');
  return [
    `numbers are missing in the sequence (${missingNumbers.length} gaps, at ${list}): the pictures follow each other without a pause`,
  ];
}

async function visibleFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
}

function plainSource(name: string, path: string): SourceInput {
  return {
    name,
    url: fileUrl(path),
    options: oneFileOptions,
    files: [path],
    isSpooled: false,
    isSequence: false,
    notices: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function missing(path: string): AppError {
  return new AppError('INPUT_MISSING', `${path}: expected a film but there is no such file`, {
    cure: 'check the name and the folder',
  });
}

function noFile(path: string): AppError {
  return new AppError('INPUT_UNSUPPORTED', `${path}: expected a file but it is a pipe or a device`, {
    cure: 'name a film file, or pipe the stream to standard input: chromafeed file - -o OUTPUT < PIPE',
  });
}

function unreadable(path: string, cause: unknown): AppError {
  return new AppError(
    'INPUT_MISSING',
    `${path}: the file can't be read (${cause instanceof Error ? cause.message : String(cause)})`,
    {
      cure: 'check its permissions',
      cause,
    },
  );
}

function refuse(error: Error): never {
  throw error;
}
