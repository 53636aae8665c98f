import { lastValueFrom, map } from 'rxjs';
import { AppError } from '../../errors.ts';
import { decodeOptions, type FilmPlan, type FilmWish } from './film-job.ts';
import { filmOptions, framesInFlight, type FilmParts } from './film-options.ts';
import type { FilmTally } from './film-tally.ts';
import { decodeLuma, type Damage, type DecodeReport } from '../../ingest/film/decode.ts';
import { contextFrames } from '../../ingest/scenes/scene-detector.ts';
import type { SourceInfo } from '../../ingest/film/source-info.ts';
import type { SourceInput } from '../../ingest/film/source-input.ts';
import { colorizeFilm } from './colorize-film.ts';
import type { FilmFrame, SteadyFrame } from './film-frame.ts';
import { FramePool, type FrameBuffer } from './frame-pool.ts';
import type { Journal } from './journal.ts';
import { fromPulled, pacedMap } from './paced.ts';
import type { RectPx } from '../pixels/rect.ts';
import {
  alignToContext,
  checkpointAfter,
  ContextMismatch,
  contextOf,
  recordOf,
  type Checkpoint,
  type ContextFrame,
  type SceneRecord,
} from './resume.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { Studio } from '../studio.ts';

/** What remains to be encoded of a film, and by what. */
export interface EncodeJob {
  readonly input: SourceInput;
  readonly source: SourceInfo;
  readonly plan: FilmPlan;
  readonly wish: FilmWish;
  /** Takes the segments, and the conclusion behind the last of them. */
  readonly journal: Journal;
  /** Where the picture is, without black bars. */
  readonly rect: RectPx;
  readonly checkpoint: FilmCheckpoint | undefined;
  readonly studio: Studio;
  readonly tally: FilmTally;
}

/** Everything that the frame after a segment depends on, and what was found on the way there. */
export interface FilmCheckpoint extends Checkpoint {
  readonly damage: Damage | undefined;
  /** What the user was told of the source. */
  readonly notices: readonly string[];
}

/** What is known when all frames are encoded, for the steps behind that. */
export interface Conclusion {
  readonly scenes: readonly SceneRecord[];
  readonly report: DecodeReport;
}

/**
 * Decodes, colours and encodes what is not yet in the journal.
 * @throws {AppError} INTERRUPTED when the studio's signal fires; the journal keeps what is done
 */
export async function encodeFilm(job: EncodeJob): Promise<DecodeReport> {
  try {
    return await encodeFrom(job, true);
  } catch (error) {
    if (!(error instanceof ContextMismatch)) throw error;
    job.tally.warn(
      `seeking in ${job.source.name} does not give the same frames: decoding from its beginning instead`,
    );
    return encodeFrom(job, false).catch((again: unknown) => {
      throw again instanceof ContextMismatch ? otherFilm(job, again) : again;
    });
  }
}

function otherFilm({ wish, journal }: EncodeJob, cause: ContextMismatch): AppError {
  return new AppError(
    'OUTPUT_EXISTS',
    `${journal.folder} holds unfinished work of another film than ${wish.input} is now: ${cause.message}`,
    { cure: 'put the first film back to go on with it, or add --fresh to throw the work away', cause },
  );
}

async function encodeFrom(job: EncodeJob, maySeek: boolean): Promise<DecodeReport> {
  const { input, source, plan, wish, journal, checkpoint, studio, tally } = job;
  const stop = new AbortController();
  const signal = AbortSignal.any([studio.signal, stop.signal]);
  const pool = new FramePool(plan.layout, framesInFlight(plan, studio.pixels.concurrency));
  tally.boundInFlight = pool.capacity;
  const context = checkpoint?.context ?? [];
  const last = context.at(-1);
  const notices = new Set<string>();
  const notice = (text: string): void => {
    if (!notices.has(text)) tally.warn(text);
    notices.add(text);
  };
  checkpoint?.notices.forEach(notice);
  await using decoder = decodeLuma(
    { input, source },
    {
      ...decodeOptions(wish),
      ...(maySeek && context[0] ? { seekPts: context[0].pts } : {}),
      known: last && { beforePts: last.pts, damage: checkpoint?.damage },
    },
    {
      ...{ acquire: () => pool.acquire(), release: (buffer: FrameBuffer) => pool.release(buffer) },
      ...{ signal, onNotice: notice },
    },
  );
  await using writer = new SegmentWriter({
    ...{ journal, layout: plan.layout, encode: plan.encode, segmentFrames: plan.segmentFrames, signal },
    sampleAspect: source.video.sampleAspect ?? { num: 0, den: 0 },
  });
  const firstFrame = journal.frames;
  const firstShown = firstFrame - context.length;
  tally.scenes.splice(0, Infinity, ...(checkpoint?.scenes ?? []));
  const decoded =
    checkpoint === undefined
      ? decoder.frames
      : alignToContext(decoder.frames, context, (buffer) => pool.release(buffer));
  const frames$ = fromPulled(decoded).pipe(
    map((frame, i): FilmFrame => ({ index: firstShown + i, pts: frame.pts, buffer: frame.buffer })),
  );
  const options = filmOptions({
    ...{ source, plan, wish, rect: job.rect, pixels: studio.pixels },
    release: (buffer) => pool.release(buffer),
    network: countedNetwork(studio, tally),
    onScene: (scene) => tally.scenes.push(recordOf(scene)),
    resume: checkpoint && { checkpoint, firstFrame, firstShown },
  });
  const found = (pts: number): Omit<FilmCheckpoint, keyof Checkpoint> => ({
    damage: decoder.damageBefore(pts),
    notices: [...notices],
  });
  const finished$ = colorizeFilm(frames$, options).pipe(
    pacedMap(writeFrames(job, { writer, pool, found }), 1),
  );
  try {
    await lastValueFrom(finished$, { defaultValue: undefined });
    await writer.finish();
    await journal.conclude({ scenes: [...tally.scenes], report: decoder.report } satisfies Conclusion);
  } catch (error) {
    stop.abort(error);
    pool.close();
    throw studio.signal.aborted ? interruption(studio.signal, wish, journal) : error;
  }
  tally.mostInFlight = Math.max(tally.mostInFlight, pool.mostInUse);
  return decoder.report;
}

/** The studio's network, which counts what it is asked. */
function countedNetwork({ colorizer }: Studio, tally: FilmTally): FilmParts['network'] {
  return {
    model: colorizer.model,
    embeddingSide: colorizer.embeddingSide,
    async colorize(batch) {
      const startMs = performance.now();
      const answers = await colorizer.colorize(batch);
      tally.networkMs += performance.now() - startMs;
      tally.networkFrames += batch.pictures.length;
      return answers;
    },
    embed(pictures) {
      tally.embeddings += pictures.length;
      return colorizer.embed(pictures);
    },
    condition: (embedding) => colorizer.condition(embedding),
  };
}

interface WriterParts {
  readonly writer: SegmentWriter;
  readonly pool: FramePool;
  /** What was found in the source before the frame of a pts. */
  readonly found: (pts: number) => Omit<FilmCheckpoint, keyof Checkpoint>;
}

/** Writes frame after frame, each with what a run would need that goes on behind it, and gives its buffer back. */
function writeFrames(
  { source, plan: { segmentFrames }, wish, studio, tally }: EncodeJob,
  { writer, pool, found }: WriterParts,
): (frame: SteadyFrame) => Promise<void> {
  const recent: ContextFrame[] = [];
  const totalFrames = expectedFrames(source, wish);
  return async (frame) => {
    const startMs = performance.now();
    const toBoundary = segmentFrames - 1 - (frame.index % segmentFrames);
    if (toBoundary === segmentFrames - 1) recent.length = 0;
    if (toBoundary < contextFrames) recent.push(contextOf(frame.pts, frame.buffer.data));
    await writer.write({ index: frame.index, pts: frame.pts, bytes: frame.buffer.bytes }, async () => {
      const scenes = tally.scenes.filter((scene) => scene.firstFrame <= frame.index);
      return { ...(await checkpointAfter(frame, [...recent], scenes)), ...found(frame.pts) };
    });
    pool.release(frame.buffer);
    tally.writeMs += performance.now() - startMs;
    tally.frames++;
    studio.reporter.progress({
      ...{ input: wish.input, frames: frame.index + 1, totalFrames },
      ...{ fps: tally.frames / tally.elapsedS, scenes: frame.scene.number + 1 },
    });
  };
}

/** How many frames will come, as far as the container says. */
function expectedFrames({ video, durationS }: SourceInfo, wish: FilmWish): number | undefined {
  const whole = video.durationS ?? durationS;
  const rate = video.averageFrameRate && video.averageFrameRate.num / video.averageFrameRate.den;
  if (wish.start === undefined && wish.duration === undefined && video.frameCount !== undefined)
    return video.frameCount;
  if (whole === undefined || rate === undefined) return undefined;
  const asked = Math.min(wish.duration ?? Infinity, Math.max(0, whole - (wish.start ?? 0)));
  return Math.round(asked * rate);
}

function interruption(
  { reason: cause }: AbortSignal,
  { input, output }: FilmWish,
  journal: Journal,
): AppError {
  if (output === '-') {
    const cure = 'name a file by -o: then a run that was stopped goes on where it was';
    return new AppError('INTERRUPTED', `${input}: stopped, and nothing of it is kept`, { cure, cause });
  }
  return new AppError(
    'INTERRUPTED',
    `${input}: stopped; ${journal.frames} frames are safe in ${journal.folder}`,
    { cure: 'repeat the same command to go on from there', cause },
  );
}
