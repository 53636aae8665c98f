import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../errors.ts';
import { makeFolder } from '../../../files/make-folder.ts';
import { runFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import { probe } from '../../../ingest/film/probe.ts';
import { openSource } from '../../../ingest/film/source-input.ts';
import { cutBars } from './cut-bars.ts';
import { filmFrameArgs, sampleRate } from './film-frame-args.ts';

/** A picture from a film. */
export interface ExtractedFrame {
  readonly path: string;
  /** position of the picture in the film */
  readonly seconds: number;
}

/** Which pictures to take from a film. */
export interface FilmFramesOptions {
  /** at most */
  readonly count: number;
  /** of the finished pictures, pixels */
  readonly shortSidePx: number;
  /** `cut` cuts them off, as for a film; `kept` leaves them in, as in a camera's live pictures */
  readonly bars: 'cut' | 'kept';
  readonly signal: AbortSignal;
}

/** Pictures are extracted this many times larger than needed, because black bars are cut off afterwards. */
const spare = 2;

/**
 * Takes pictures evenly from a film into a folder. The folder gets its name once all pictures are there. An existing
 * folder is used as it is.
 * @returns in the order of their times
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED, INPUT_DAMAGED if the film gives no picture; DISK_FULL;
 *   FFMPEG_MISSING; FFMPEG_FAILED if ffmpeg is killed; the signal's reason if it is aborted
 */
export async function takeFilmFrames(
  film: string,
  dir: string,
  { count, shortSidePx, bars, signal }: FilmFramesOptions,
): Promise<ExtractedFrame[]> {
  await using input = await openSource(film);
  const source = await probe(input, signal);
  if (!existsSync(dir)) {
    const partial = `${dir}.partial`;
    await rm(partial, { recursive: true, force: true });
    await makeFolder(partial);
    const args = filmFrameArgs({ input, source, shortSidePx: spare * shortSidePx, count, dir: partial });
    const { code, stderrTail } = await runFfmpeg({ name: `pictures of ${film}`, args, signal });
    if (/No space left on device/i.test(stderrTail)) throw diskFull(dir);
    if (code === undefined) throw killed(film);
    // The readable part of a damaged film counts, whatever the exit code.
    if ((await readdir(partial)).length === 0) throw noPictures(film, code, stderrTail);
    if (bars === 'cut') await cutBars(partial);
    await rename(partial, dir);
  }
  const rate = sampleRate(source, count);
  const files = (await readdir(dir)).sort();
  return files.map((file, i) => ({ path: join(dir, file), seconds: i / rate }));
}

function diskFull(dir: string): AppError {
  return new AppError('DISK_FULL', `${dir}: the disk is full while a film's pictures are taken`, {
    cure: 'free some space and repeat the command: films that are done are not taken again',
  });
}

function killed(film: string): AppError {
  return new AppError('FFMPEG_FAILED', `${film}: ffmpeg was killed while it took pictures from it`, {
    cure: 'repeat the command; if memory is short, end other programs first',
  });
}

function noPictures(film: string, code: number, log: string): AppError {
  const reason = log.trim().split('\n').at(-1) ?? '';
  return new AppError(
    'INPUT_DAMAGED',
    `${film}: no picture could be taken from it (${reason || `exit ${code}`})`,
    {
      cure: 'play it with ffplay to see what is wrong with it',
    },
  );
}
