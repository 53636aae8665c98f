import { execFile } from 'node:child_process';
import { AppError } from '../errors.ts';
import { ffmpegPath } from './binaries.ts';

/** The oldest ffmpeg that has every option used here (`-fps_mode`). */
export const oldestVersion = '5.1';

export interface FfmpegVersion {
  /** As ffmpeg says it: `5.1.9-0+deb12u1`, `n7.0.2`, `N-118000-g1234567`. */
  readonly text: string;
  /** 99 for a build from ffmpeg's development branch, which carries no number. */
  readonly major: number;
  readonly minor: number;
}

/** What the ffmpeg at hand was built with. */
export interface FfmpegCapabilities {
  readonly version: FfmpegVersion;
  /** Names of encoders: `libx264`. */
  readonly encoders: ReadonlySet<string>;
  /** Names of decoders and of the codecs that they decode: `libdav1d`, `av1`. */
  readonly decoders: ReadonlySet<string>;
}

const cache = new Map<string, Promise<FfmpegCapabilities>>();
const queryTimeoutMs = 20_000;

/**
 * Asks ffmpeg what it can do; once per program and binary.
 * @throws {AppError} FFMPEG_MISSING when there is none or it is older than 5.1
 */
export function ffmpegCapabilities(path: string = ffmpegPath()): Promise<FfmpegCapabilities> {
  let known = cache.get(path);
  if (known === undefined) {
    known = askAll(path);
    known.catch(() => cache.delete(path)); // it may be installed meanwhile
    cache.set(path, known);
  }
  return known;
}

async function askAll(path: string): Promise<FfmpegCapabilities> {
  const version = parseVersion(await ask(path, '-version'));
  if (version.major < 5 || (version.major === 5 && version.minor < 1)) {
    throw new AppError(
      'FFMPEG_MISSING',
      `${path}: expected ffmpeg ${oldestVersion} or newer but got ${version.text}`,
      {
        cure: installCure,
      },
    );
  }
  const [encoders, decoders] = await Promise.all([ask(path, '-encoders'), ask(path, '-decoders')]);
  return { version, encoders: parseCoders(encoders), decoders: parseCoders(decoders) };
}

/** Reads the first line of `ffmpeg -version`. */
export function parseVersion(output: string): FfmpegVersion {
  const text = /^ff\w+ version (\S+)/.exec(output)?.[1];
  if (text === undefined) {
    throw new AppError(
      'FFMPEG_MISSING',
      `ffmpeg -version: expected a version but got "${output.slice(0, 60)}"`,
      {
        cure: installCure,
      },
    );
  }
  const numbers = /^n?(\d+)\.(\d+)/.exec(text);
  return { text, major: Number(numbers?.[1] ?? 99), minor: Number(numbers?.[2] ?? 0) };
}

const installCure = `install ffmpeg ${oldestVersion} or newer (Debian: apt-get install ffmpeg), or name it by FFMPEG_PATH`;

function ask(path: string, option: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = { maxBuffer: 2 ** 24, timeout: queryTimeoutMs };
    execFile(path, ['-hide_banner', '-v', 'error', option], settings, (error, stdout) => {
      if (error === null) resolve(stdout);
      else
        reject(
          new AppError('FFMPEG_MISSING', `could not run "${path} ${option}": ${error.message}`, {
            cure: installCure,
            cause: error,
          }),
        );
    });
  });
}

/** ` V....D libdav1d  dav1d AV1 decoder (codec av1)` */
function parseCoders(output: string): Set<string> {
  const lines = output.matchAll(/^ [VASDT][A-Z.]{5} ([^\s=]+)\s+(.*)$/gm);
  return new Set(
    [...lines].flatMap(([, name = '', text = '']) => [name, /\(codec (\S+)\)/.exec(text)?.[1] ?? name]),
  );
}
