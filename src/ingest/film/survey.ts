import { buffer as bytesOf } from 'node:stream/consumers';
import { lumaBytes } from '../../frame.ts';
import { buildArgs, type CommandInput, type CommandOutput } from '../ffmpeg/command.ts';
import { startFfmpeg } from '../ffmpeg/process.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';

/** What the program learns from a few frames of a film before work starts. */
export interface FilmSurvey {
  /**
   * up to 12 luma planes from all over the film, `[h * w]` samples each, owned by the caller; fewer if some can't be
   * read
   */
  readonly planes: readonly { plane: Uint8Array | Uint16Array }[];
  /** whether one of the frames is in colour; false if the caller did not ask */
  readonly hasColor: boolean;
}

/** Frames that a survey wants. */
const samples = 12;
/** This many different frames are enough for a film of any length. A short film gets one per this many seconds. */
const enough = { frames: 6, everyS: 10 } as const;
/** These codecs have only keyframes, so a seek is cheap and exact. */
const intraOnly = new Set([
  'dnxhd',
  'dvvideo',
  'ffv1',
  'huffyuv',
  'jpeg2000',
  'mjpeg',
  'png',
  'prores',
  'rawvideo',
  'utvideo',
  'v210',
]);
/** The most pixels of the frames that one ffmpeg reads together. */
const pixelsAtOnce = samples * 1920 * 1080;
/** A film up to this length is read from end to end. */
const readThroughUpToS = 60;
/** The small copy whose saturation is measured. */
const colorSize = { widthPx: 160, heightPx: 120 } as const;
/** A frame with a higher mean saturation (of 0..181) counts as colour; tinted prints and noise have less. */
const colorSaturation = 4;

/** A frame: its luma, and its small copy in colour if the caller asked for it and the film has chroma. */
interface SurveyFrame {
  readonly luma: Uint8Array;
  readonly color: Uint8Array | undefined;
}

/**
 * Reads frames from all over a film. It prefers keyframes, because a keyframe can be decoded alone. From a short film
 * it takes all of them, from a long film those before twelve evenly spaced times. If there are too few keyframes, it
 * decodes other frames too. The same film always gives the same frames.
 */
export async function surveyFilm(
  input: SourceInput,
  source: SourceInfo,
  options: FilmSurveyOptions,
): Promise<FilmSurvey> {
  const frames = await readFrames({ input, source, ...options });
  const { bitDepth } = source.video;
  return {
    planes: frames.map(({ luma }) => ({
      plane: bitDepth > 8 ? new Uint16Array(Uint8Array.from(luma).buffer) : luma,
    })),
    hasColor: frames.some(({ color }) => color !== undefined && meanSaturation(color) > colorSaturation),
  };
}

/** How a film is looked at. */
export interface FilmSurveyOptions {
  readonly signal: AbortSignal;
  /** Whether to look for colour. */
  readonly color: boolean;
}

interface Survey extends FilmSurveyOptions {
  readonly input: SourceInput;
  readonly source: SourceInfo;
}

async function readFrames(survey: Survey): Promise<SurveyFrame[]> {
  const { video, durationS: containerS } = survey.source;
  const durationS = video.durationS ?? containerS ?? 0;
  if (durationS === 0) return readAt(survey, [0], []);
  const moments = Array.from({ length: samples }, (_, i) => (durationS * (i + 0.5)) / samples);
  if (intraOnly.has(video.codec)) return readAt(survey, moments, []);
  const isShort = durationS <= readThroughUpToS;
  const keyframes = isShort
    ? await readThrough(survey, ['-skip_frame', 'nokey'], `selected_n*${durationS / samples}`)
    : await readAt(survey, moments, ['-noaccurate_seek', '-skip_frame', 'nokey']);
  const least = Math.max(2, Math.min(enough.frames, Math.ceil(durationS / enough.everyS)));
  if ((isShort ? keyframes.length : countDifferent(keyframes)) >= least) return keyframes;
  if (!isShort) return readAt(survey, moments, []);
  const decoder = ['-skip_frame', 'noref', '-skip_loop_filter', 'all'];
  return readThrough(survey, decoder, `(selected_n+0.5)*${durationS / samples}`);
}

/** Counts different frames: two neighbours with the same samples are one keyframe that was found twice. */
function countDifferent(frames: readonly SurveyFrame[]): number {
  const isNew = ({ luma }: SurveyFrame, i: number): boolean => {
    const before = frames[i - 1]?.luma;
    return before === undefined || Buffer.compare(before, luma) !== 0;
  };
  return frames.filter(isNew).length;
}

/** Reads one frame at each of these times, seconds, as many at a time as memory allows. */
async function readAt(
  survey: Survey,
  moments: readonly number[],
  decoder: readonly string[],
): Promise<SurveyFrame[]> {
  const { widthPx, heightPx } = survey.source.video;
  const atOnce = Math.min(samples, Math.max(1, Math.floor(pixelsAtOnce / (widthPx * heightPx))));
  const frames: SurveyFrame[] = [];
  for (let i = 0; i < moments.length; i += atOnce) {
    const inputs = moments.slice(i, i + atOnce).map((atS) => ({
      url: survey.input.url,
      options: ['-ss', atS.toFixed(3), '-threads', '1', ...decoder, ...survey.input.options],
    }));
    frames.push(...(await read(survey, inputs, { limit: ['-frames:v', '1'], select: [] })));
  }
  return frames;
}

/**
 * Reads a film once.
 * @param decoder - ffmpeg's options that skip frames
 * @param next - when the next frame is due, seconds, as an expression of ffmpeg's `select`
 */
function readThrough(survey: Survey, decoder: readonly string[], next: string): Promise<SurveyFrame[]> {
  const { input } = survey;
  const source = { url: input.url, options: [...decoder, ...input.options] };
  return read(survey, [source], { limit: [], select: [`select='gte(t,${next})'`] });
}

/** How outputs are limited to the requested frames. */
interface Choice {
  readonly limit: readonly string[];
  readonly select: readonly string[];
}

/** Runs ffmpeg. The luma and the small copy of each input have separate pipes. */
async function read(
  { input, source, signal, color }: Survey,
  inputs: readonly CommandInput[],
  choice: Choice,
): Promise<SurveyFrame[]> {
  const { video } = source;
  const forms = [video.luma.filters, ...(color && !video.luma.isGray ? [colorFilters] : [])];
  const outputs: CommandOutput[] = inputs.flatMap((_, i) =>
    forms.map((filters, form) => ({
      url: `pipe:${fdOf(i * forms.length + form)}`,
      options: [
        ...['-map', `${i}:${video.index}`, ...choice.limit, '-fps_mode', 'passthrough'],
        ...['-vf', [...choice.select, ...filters].join(','), '-f', 'rawvideo'],
      ],
    })),
  );
  await using ffmpeg = startFfmpeg({
    name: `looking at ${input.name}`,
    args: buildArgs({ global: ['-noautorotate'], inputs, outputs }),
    signal,
    stdout: 'pipe',
    extraOutputs: outputs.length - 1,
  });
  const pipes = outputs.map((_, i) => (i === 0 ? ffmpeg.stdout : ffmpeg.extraOutput(fdOf(i))));
  const written = await Promise.all(pipes.map((pipe) => bytesOf(pipe)));
  await ffmpeg.exited;
  signal.throwIfAborted();
  return inputs.flatMap((_, i) => {
    const [luma, small] = written.slice(i * forms.length, (i + 1) * forms.length);
    const colors = small === undefined ? [] : cut(small, 3 * colorSize.widthPx * colorSize.heightPx);
    return cut(luma ?? new Uint8Array(), lumaBytes(video)).map((plane, k) => ({
      luma: plane,
      color: colors[k],
    }));
  });
}

const colorFilters = [`scale=${colorSize.widthPx}:${colorSize.heightPx}`, 'format=yuv444p'];

/** Standard output, then the pipes after the log. */
function fdOf(index: number): number {
  return index === 0 ? 1 : index + 2;
}

/** Splits the output into whole frames and drops an incomplete last one. */
function cut(bytes: Uint8Array, length: number): Uint8Array[] {
  const count = Math.floor(bytes.length / length);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

/** @param yuv - three planes of one size. The result is the same as SATAVG of ffmpeg's `signalstats` */
function meanSaturation(yuv: Uint8Array): number {
  const count = yuv.length / 3;
  let sum = 0;
  for (let i = 0; i < count; i++)
    sum += Math.hypot((yuv[count + i] ?? 128) - 128, (yuv[2 * count + i] ?? 128) - 128);
  return sum / count;
}
