import { basename, join } from 'node:path';
import sharp from 'sharp';
import { AppError } from '../../errors.ts';
import type { SizePx } from '../../frame.ts';
import { probe } from '../../ingest/film/probe.ts';
import { openSource } from '../../ingest/film/source-input.ts';
import { networkSize } from '../../stream/network-size.ts';
import { takeFilmFrames } from '../dataset/pictures/film-frames.ts';
import { separate, type PicturePlanes } from '../dataset/pictures/picture-planes.ts';
import { chromaOfPlanes } from '../dataset/pictures/picture-refusal.ts';

/** A camera's pictures in the order of their times. */
export interface Footage {
  /** size of every picture, as the network sees this camera */
  readonly size: SizePx;
  /** the first part by time, for training */
  readonly training: readonly PicturePlanes[];
  /** the last part by time, for judging only */
  readonly heldOut: readonly PicturePlanes[];
}

export interface FootageRequest {
  readonly films: readonly string[];
  /** folder for pictures taken from the films */
  readonly dir: string;
  /** of the network's picture */
  readonly shortSidePx: number;
  /** maximum number of pictures */
  readonly frames: number;
  /** part of the time that is held out, 0..1 */
  readonly heldOut: number;
  readonly signal: AbortSignal;
}

/** Pictures with a lower mean chroma than this come from the night or from a gray camera. */
const leastChroma = 2;
/** Fewer pictures than this are too few to train with, or to judge by. */
const leastPictures = 8;

/**
 * Takes pictures evenly from a camera's films and divides them by time.
 * @throws {AppError} INPUT_UNSUPPORTED if the films have different shapes, lack colour or are too short; as
 *   `takeFilmFrames`
 */
export async function takeFootage(request: FootageRequest): Promise<Footage> {
  const { films, dir, shortSidePx, signal } = request;
  const counts = sharesOf(request.frames, await durationsOf(films, signal));
  const pictures: PicturePlanes[] = [];
  let size: SizePx | undefined;
  for (const [i, film] of films.entries()) {
    const count = counts[i] ?? 0;
    if (count === 0) continue;
    const frames = await takeFilmFrames(film, join(dir, String(i)), {
      shortSidePx,
      count,
      bars: 'kept',
      signal,
    });
    for (const { path } of frames) {
      signal.throwIfAborted();
      const picture = await readFrame(path, shortSidePx);
      size ??= picture.size;
      requireSize(film, picture.size, size);
      pictures.push(picture);
    }
  }
  const colourful = pictures.filter((picture) => chromaOfPlanes(picture) >= leastChroma);
  const held = Math.round(colourful.length * request.heldOut);
  if (size === undefined || held < leastPictures || colourful.length - held < leastPictures)
    throw tooLittle(films, pictures.length, colourful.length);
  return { size, training: colourful.slice(0, -held), heldOut: colourful.slice(-held) };
}

/** Duration of each film, seconds; if one is unknown, all films count the same. */
async function durationsOf(films: readonly string[], signal: AbortSignal): Promise<number[]> {
  const durations: number[] = [];
  for (const film of films) {
    await using input = await openSource(film);
    const { video, durationS } = await probe(input, signal);
    durations.push(video.durationS ?? durationS ?? 0);
  }
  return durations.every((seconds) => seconds > 0) ? durations : durations.map(() => 1);
}

/** Divides a count by weights; the shares add up to the count. */
function sharesOf(count: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let [weightSoFar, assigned] = [0, 0];
  return weights.map((weight) => {
    weightSoFar += weight;
    const share = Math.round((count * weightSoFar) / whole) - assigned;
    assigned += share;
    return share;
  });
}

async function readFrame(path: string, shortSidePx: number): Promise<PicturePlanes> {
  const { width, height } = await sharp(path).metadata();
  const size = networkSize({ widthPx: width, heightPx: height }, shortSidePx);
  const rgb = await sharp(path)
    .resize(size.widthPx, size.heightPx, { fit: 'fill', kernel: 'lanczos3' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  return separate(rgb, size);
}

function requireSize(film: string, got: SizePx, expected: SizePx): void {
  if (got.widthPx === expected.widthPx && got.heightPx === expected.heightPx) return;
  throw new AppError(
    'INPUT_UNSUPPORTED',
    `${basename(film)}: expected the shape of the other footage (${expected.widthPx} x ${expected.heightPx} for the network)` +
      ` but got ${got.widthPx} x ${got.heightPx}`,
    { cure: 'give footage of one camera, with one aspect' },
  );
}

function tooLittle(films: readonly string[], pictures: number, colourful: number): AppError {
  return new AppError(
    'INPUT_UNSUPPORTED',
    `${films.map((film) => basename(film)).join(', ')}: expected at least ${leastPictures} colour pictures to learn from` +
      ` and as many to judge by but got ${colourful} (${pictures - colourful} were gray)`,
    { cure: "give more of the camera's daytime colour footage, or a smaller --held-out" },
  );
}
