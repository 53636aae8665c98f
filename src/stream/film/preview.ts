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
import { findRect } from './find-rect.ts';
import { withDefaults, type CompleteFilmOptions, type FilmOptions } from './film-options.ts';
import { decodeOptions, planFilm, type FilmPlan } from './film-plan.ts';
import { resourcesFor, type CallOptions, type FilmResources } from './film-resources.ts';
import { FramePool, type FrameBuffer } from './frame-pool.ts';
import { fromPulled, pullFrom } from './paced.ts';

/** For frames up to this time the film is coloured from its start, for later ones from `leadInS` before the frame. */
const fromBeginningS = 120;
const leadInS = 60;

/** The frame that was written. */
export interface PreviewFrame {
  /** Its time, seconds from the start of the film. */
  readonly atS: number;
  /** Whether it keeps the colour of the source, so nothing in it is synthetic. */
  readonly isOwn: boolean;
  /** Whether the film was coloured from its start, so every pixel is as in the whole coloured film. */
  readonly isExact: boolean;
}

interface Opened {
  readonly plan: FilmPlan;
  readonly input: SourceInput;
  readonly resources: FilmResources;
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
  const { frame, isExact, release } = await colorMoment({ plan, input: opened, resources });
  try {
    const bytes = await encodePreview(frame, plan, output, resources);
    await replaceFile(output, bytes);
    return { atS: (frame.pts - beginOf(plan)) * tickS(plan), isOwn: frame.scene.isOwn, isExact };
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
  const { manifest } = colorizer.model;
  const codec = options.codec === undefined ? undefined : encoderName(options.codec);
  const asked = { ...options, codec };
  const plan = planFilm({ input, output: 'preview.mkv', options: asked, source, manifest });
  for (const notice of source.notices) reporter.warn(notice);
  return (await findRect(plan, opened, resources)).plan;
}

/**
 * Runs the pipeline up to the frame. The caller owns the frame's buffer until it calls `release`, which ends the run.
 */
async function colorMoment({
  plan,
  input,
  resources,
}: Opened): Promise<{ frame: SteadyFrame; isExact: boolean; release: () => void }> {
  const { pixels, colorizer, signal } = resources;
  const stop = new AbortController();
  const threads = pixels.concurrency;
  const pool = new FramePool(plan, { capacity: framesInFlight(plan, threads), threads });
  const release = (buffer: FrameBuffer): void => pool.release(buffer);
  const from = leadIn(plan);
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
    colorPipeline(plan, { network: colorizer, pixels, math: pool.math, release }),
  );
  const frame = await lastShown(
    pullFrom(colored$, { most: pool.capacity, signal }),
    wantedPts(plan),
    release,
  );
  const end = (): void => {
    stop.abort(new AppError('INTERRUPTED', 'the frame is there'));
    pool.close();
  };
  if (frame !== undefined) return { frame, isExact: from === undefined, release: end };
  end();
  throw new AppError('INPUT_UNSUPPORTED', `${plan.input}: no frame at ${plan.options.start ?? 0} s`, {
    cure: 'choose an earlier --start',
  });
}

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
  for await (const frame of frames) {
    if (pts !== undefined && frame.pts < pts) release(frame.buffer);
    else yield frame;
  }
}

/** Where the run for a late frame starts: at a frame where a run of the whole film also starts a block and a batch. */
function leadIn(plan: FilmPlan): { readonly pts: number; readonly index: number } | undefined {
  const startS = plan.options.start ?? 0;
  const rate = plan.source.video.averageFrameRate;
  if (startS <= fromBeginningS || rate === undefined) return undefined;
  const step = plan.blockFrames * plan.batchFrames;
  const index = Math.floor(((startS - leadInS) * rate.num) / rate.den / step) * step;
  const atS = ((index - 0.5) * rate.den) / rate.num;
  return { index, pts: Math.round(beginOf(plan) + atS / tickS(plan)) };
}

function wantedPts(plan: FilmPlan): number {
  return Math.round(beginOf(plan) + (plan.options.start ?? 0) / tickS(plan));
}

/** Ticks. */
function beginOf({ source }: FilmPlan): number {
  return source.video.startPts ?? 0;
}

function tickS({ source }: FilmPlan): number {
  return source.video.timeBase.num / source.video.timeBase.den;
}
