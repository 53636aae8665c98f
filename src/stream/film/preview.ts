/** Colours one frame of a film, with the same pixels as in the whole coloured film. */
import { map } from 'rxjs';
import { checkReplacing, prepareFolders } from '../../files/check-output.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { AppError } from '../../errors.ts';
import { decodeLuma } from '../../ingest/film/decode.ts';
import { probe } from '../../ingest/film/probe.ts';
import { openInput, type SourceInput } from '../../ingest/film/source-input.ts';
import { withTimeline } from '../../ingest/film/film-clock.ts';
import { colorPipeline, framesInFlight } from './color-pipeline.ts';
import { encodePreview } from './encode/encode-preview.ts';
import { encoderName } from './encode/encoders.ts';
import { filmFrame, type FilmFrame, type SteadyFrame } from './film-frame.ts';
import { findRect } from './plan/find-rect.ts';
import { withDefaults, type CompleteFilmOptions, type FilmOptions } from './film-options.ts';
import { decodeOptions, planFilm, type FilmPlan } from './plan/film-plan.ts';
import { resourcesFor, type CallOptions, type FilmResources } from './film-resources.ts';
import { FramePool, type FrameBuffer } from './frame-pool.ts';
import { fromPulled, pullFrom } from './paced.ts';
import { SegmentEnds } from './segment-ends.ts';
import {
  beginOf,
  frameTimes,
  isSettled,
  leadInFactor,
  leastLeadInS,
  startFor,
  tickS,
  wantedPts,
  type OpenedFilm,
  type StartFrame,
} from './preview-start.ts';

/** The frame that was written. */
export interface PreviewFrame {
  /** Its time, seconds from the start of the film. */
  readonly atS: number;
  /** Whether it keeps the colour of the source, so nothing in it is synthetic. */
  readonly isOwn: boolean;
}

/**
 * Colours the frame that a film shows at one time and writes it as a picture. The frames before it are coloured, too,
 * because colour is carried from frame to frame.
 * @param input - a film, or `-` for standard input
 * @param output - .png, .jpg, .tif or .webp
 * @param options - `start` is the time; `duration`, `compare`, `contactSheet` and `report` are not used
 * @throws {AppError} its `code` says what happened, its `cure` what to do
 */
export async function previewFilm(
  input: string,
  output: string,
  options: FilmOptions & CallOptions = {},
): Promise<PreviewFrame> {
  await using resources = await resourcesFor(options);
  const asked = withDefaults({ ...options, compare: undefined });
  await using opened = await openInput(input, { ...asked, signal: resources.signal });
  await checkReplacing({
    inputs: opened.isSpooled ? [] : opened.files,
    outputs: { '-o': output },
    overwrite: asked.overwrite,
  });
  await prepareFolders(output);
  const plan = await planPreview(input, asked, opened, resources);
  const { frame, release } = await colorMoment({ plan, input: opened, resources });
  try {
    const bytes = await encodePreview(frame, plan, output, resources);
    await replaceFile(output, bytes);
    return { atS: (frame.pts - beginOf(plan)) * tickS(plan), isOwn: frame.scene.isOwn };
  } finally {
    release();
  }
}

/** Plans the film as if it were coloured whole, into Matroska. */
async function planPreview(
  input: string,
  options: CompleteFilmOptions,
  opened: SourceInput,
  resources: FilmResources,
): Promise<FilmPlan> {
  const { signal, colorizer, reporter } = resources;
  const source = await withTimeline(opened, await probe(opened, signal), signal);
  const codec = options.codec === undefined ? undefined : encoderName(options.codec);
  const asked = { ...options, codec };
  const plan = planFilm({ input, output: 'preview.mkv', options: asked, source, stride: colorizer.stride });
  for (const notice of source.notices) reporter.warn(notice);
  return (await findRect(plan, opened, resources)).plan;
}

/** A coloured frame. The caller owns its buffer until it calls `release`, which ends the run. */
interface Moment {
  readonly frame: SteadyFrame;
  readonly release: () => void;
}

/**
 * Colours the frame at the wanted time. A scene's colour depends on nothing before its cut, so the run starts some time before
 * the frame, and further back if no cut lies between.
 */
async function colorMoment(opened: OpenedFilm): Promise<Moment> {
  const { plan, input } = opened;
  const times = await frameTimes(opened);
  for (let leadS = leastLeadInS; ; leadS *= leadInFactor) {
    const from = startFor(plan, times, leadS);
    const moment = await colorFrom(opened, from);
    if (moment !== undefined && (from === undefined || isSettled(moment.frame.scene, from.index)))
      return moment;
    moment?.release();
    if (from !== undefined) continue;
    throw new AppError('INPUT_UNSUPPORTED', `${input.name}: no frame at ${plan.options.start ?? 0} s`, {
      cure: 'choose an earlier --start',
    });
  }
}

/** Runs the pipeline up to the wanted frame; undefined if the film has no such frame, or can't be read from there. */
async function colorFrom(
  { plan, input, resources }: OpenedFilm,
  from?: StartFrame,
): Promise<Moment | undefined> {
  const { pixels, colorizer, signal } = resources;
  const stop = new AbortController();
  const threads = pixels.concurrency;
  const pool = new FramePool(plan, { capacity: framesInFlight(plan, threads), threads });
  const release = (buffer: FrameBuffer): void => pool.release(buffer);
  await using decoder = decodeLuma(
    { input, source: plan.source },
    { ...decodeOptions(plan), startS: undefined, durationS: undefined, seekPts: from?.pts },
    {
      acquire: () => pool.acquire(),
      release,
      signal: AbortSignal.any([signal, stop.signal]),
      onNotice: (text) => resources.reporter.warn(text),
    },
  );
  const colored$ = fromPulled(framesFrom(decoder.frames, from?.pts, release)).pipe(
    map((frame, i): FilmFrame => filmFrame((from?.index ?? 0) + i, frame, plan)),
    colorPipeline(plan, {
      network: colorizer,
      pixels,
      math: pool.math,
      release,
      ends: new SegmentEnds(plan.segments, plan.batchFrames, from?.index),
    }),
  );
  const end = (): void => {
    stop.abort(new AppError('INTERRUPTED', 'the frame is there'));
    pool.close();
  };
  try {
    const frames = pullFrom(colored$, { most: pool.capacity, signal });
    const frame = await lastShown(frames, wantedPts(plan), release);
    if (frame !== undefined) return { frame, release: end };
  } catch (error) {
    end();
    if (!(error instanceof OtherStart)) throw error;
    return undefined;
  }
  end();
  return undefined;
}

/** A seek has not led to the frame that was wanted. */
class OtherStart extends Error {}

/** Finds the last frame that begins no later than `pts`, and releases the frames before it. */
async function lastShown(
  frames: AsyncIterable<SteadyFrame>,
  pts: number,
  release: (buffer: FrameBuffer) => void,
): Promise<SteadyFrame | undefined> {
  let shown: SteadyFrame | undefined;
  for await (const frame of frames) {
    if (shown !== undefined && frame.pts > pts) return shown;
    if (shown !== undefined) release(shown.buffer);
    shown = frame;
  }
  return shown;
}

async function* framesFrom<T extends { readonly pts: number; readonly buffer: FrameBuffer }>(
  frames: AsyncIterable<T>,
  pts: number | undefined,
  release: (buffer: FrameBuffer) => void,
): AsyncGenerator<T> {
  let isFound = pts === undefined;
  for await (const frame of frames) {
    if (!isFound && frame.pts !== pts) {
      release(frame.buffer);
      if (frame.pts > (pts ?? 0)) throw new OtherStart('the seek went too far');
      continue;
    }
    isFound = true;
    yield frame;
  }
}
