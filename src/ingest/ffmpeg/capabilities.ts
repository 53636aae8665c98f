import { execFile } from 'node:child_process';
import { AppError } from '../../errors.ts';
import { ffmpegPath } from './binaries.ts';
import { childEnvironment } from './child-environment.ts';

/** The oldest ffmpeg that has every option that Chromafeed uses (`-fps_mode`). */
export const oldestVersion = '5.1';

export interface FfmpegVersion {
  /** As ffmpeg prints it: `5.1.9-0+deb12u1`, `n7.0.2`, `N-118000-g1234567`. */
  readonly text: string;
  /** 99 for a build from ffmpeg's development branch, which has no version number. */
  readonly major: number;
  readonly minor: number;
}

/** A list that ffmpeg was built with. */
export type CoderList = 'encoders' | 'decoders';

/** What ffmpeg prints about itself. */
interface Answer {
  /** its log, which begins with its version */
  readonly banner: string;
  readonly list: string;
}

const answers = new Map<string, Promise<Answer>>();
const queryTimeoutMs = 20_000;

/**
 * Asks ffmpeg for its version, once per program and binary. The same run lists its encoders.
 * @throws {AppError} FFMPEG_MISSING when ffmpeg is missing or older than 5.1
 */
export async function ffmpegVersion(path: string = ffmpegPath()): Promise<FfmpegVersion> {
  const version = parseVersion((await ask(path, 'encoders')).banner);
  if (version.major > 5 || (version.major === 5 && version.minor >= 1)) return version;
  throw new AppError(
    'FFMPEG_MISSING',
    `${path}: expected ffmpeg ${oldestVersion} or newer but got ${version.text}`,
    { cure: installCure },
  );
}

/**
 * Asks ffmpeg what it was built with, once per program and binary.
 * @returns names, such as `libx264`; for decoders also the codecs that they decode: `libdav1d`, `av1`
 * @throws {AppError} FFMPEG_MISSING when ffmpeg is missing
 */
export async function ffmpegCoders(
  list: CoderList,
  path: string = ffmpegPath(),
): Promise<ReadonlySet<string>> {
  return parseCoders((await ask(path, list)).list);
}

/** Reads the line in which ffmpeg or ffprobe says its version. */
export function parseVersion(output: string): FfmpegVersion {
  const text = /^ff\w+ version (\S+)/m.exec(output)?.[1];
  if (text === undefined) {
    throw new AppError('FFMPEG_MISSING', `ffmpeg: expected a version but got "${output.slice(0, 60)}"`, {
      cure: installCure,
    });
  }
  const numbers = /^n?(\d+)\.(\d+)/.exec(text);
  return { text, major: Number(numbers?.[1] ?? 99), minor: Number(numbers?.[2] ?? 0) };
}

const installCure = `install ffmpeg ${oldestVersion} or newer (Debian: apt-get install ffmpeg), or set FFMPEG_PATH to its path`;

function ask(path: string, list: CoderList): Promise<Answer> {
  const question = `${path} -${list}`;
  let answer = answers.get(question);
  if (answer === undefined) {
    answer = run(path, list);
    answer.catch(() => answers.delete(question)); // the user may install it before the next call
    answers.set(question, answer);
  }
  return answer;
}

function run(path: string, list: CoderList): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settings = { maxBuffer: 2 ** 24, timeout: queryTimeoutMs, env: childEnvironment() };
    execFile(path, [`-${list}`], settings, (error, stdout, stderr) => {
      if (error === null) resolve({ banner: stderr, list: stdout });
      else
        reject(
          new AppError('FFMPEG_MISSING', `could not run "${path} -${list}": ${error.message}`, {
            cure: installCure,
            cause: error,
          }),
        );
    });
  });
}

/** Matches ` V....D libdav1d dav1d AV1 decoder (codec av1)`. */
function parseCoders(output: string): Set<string> {
  const lines = output.matchAll(/^ [VASDT][A-Z.]{5} ([^\s=]+)\s+(.*)$/gm);
  return new Set(
    [...lines].flatMap(([, name = '', text = '']) => [name, /\(codec (\S+)\)/.exec(text)?.[1] ?? name]),
  );
}
