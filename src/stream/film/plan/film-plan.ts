/** Makes the plan for one film before its first frame is decoded. */
import { extname } from 'node:path';
import { AppError } from '../../../errors.ts';
import { type LumaFormat, wholeRect } from '../../../frame.ts';
import { headroomTicks, type DecodeOptions, type WholeFrames } from '../../../ingest/film/decode.ts';
import { wholeFilters, type LumaPlan } from '../../../ingest/film/pixel-formats.ts';
import type { SourceInfo } from '../../../ingest/film/source-info.ts';
import { checkPictureSize } from '../../../ingest/picture-size.ts';
import { networkSize } from '../../network-size.ts';
import { frameBytes, type FrameLayout } from '../../pixels/compose.ts';
import type { ColorPlan } from '../color-plan.ts';
import type { ColorTags, EncodeSettings } from '../encode/encode-args.ts';
import type { SegmentLimits } from '../segment-ends.ts';
import { encoderThreads } from '../encode/encoder-threads.ts';
import { containers, planEncoder, type Container, type EncoderPlan } from '../encode/encoders.ts';
import type { CompleteFilmOptions } from '../film-options.ts';

/** What is done with one film. */
export interface FilmPlan extends ColorPlan {
  /** As the user named it; `-`: standard input. */
  readonly input: string;
  /** As the user named it; `-`: standard output. */
  readonly output: string;
  readonly options: CompleteFilmOptions;
  readonly source: SourceInfo;
  readonly container: Container;
  readonly encoder: EncoderPlan;
  readonly encode: EncodeSettings;
  /** How long segments are. */
  readonly segments: SegmentLimits;
  /** Interlaced frames are coloured and marked as such, each as the source marks it. */
  readonly followsFields: boolean;
  /** How frames are read with their chroma; undefined: the source has none, or it is replaced. */
  readonly whole: WholeFrames | undefined;
  /** What the user should know, one sentence each. */
  readonly notices: readonly string[];
}

/** The inputs of a plan. */
export interface FilmRequest {
  readonly input: string;
  readonly output: string;
  readonly options: CompleteFilmOptions;
  readonly source: SourceInfo;
  /** Of the network's answers: see `ColorPlan`. */
  readonly stride: number;
}

/** Pictures in one call of the network on the CPU; more only help on a GPU. */
export const batchFrames = 4;

/** Longer blocks hardly make the colour steadier (docs/benchmarks.md). */
const mostBlockFrames = 12;
/** Memory for the frames of one block. */
const mostBlockBytes = 64 * 2 ** 20;

/** Film time of a segment, seconds, if that gives neither too few nor too many frames. */
const segmentS = 10;
const leastSegmentFrames = 48;
const mostSegmentFrames = 480;
/** A cut ends a segment that has at least this share of the longest one: each needs an encoder of its own. */
const shortestShare = 0.25;

/** Frames in a block of the steady stage: as many as fit into a limited amount of memory. */
export function blockFramesOf(layout: FrameLayout): number {
  const fitting = Math.floor(mostBlockBytes / frameBytes(layout));
  return Math.max(1, Math.min(mostBlockFrames, fitting));
}

/**
 * Chooses container, encoder, frame layout and the network's picture. The plan's `rect` is the whole picture; black
 * bars are found later, in the film itself.
 * @throws {AppError} USAGE when the options do not fit together; the error names what would. INPUT_UNSUPPORTED when
 *   the picture is larger than `maxMegapixels`
 */
export function planFilm({ input, output, options, source, stride }: FilmRequest): FilmPlan {
  const container = containerOf(output);
  const { video } = source;
  checkPictureSize(video, input, options.maxMegapixels);
  const luma: LumaFormat = {
    widthPx: video.widthPx,
    heightPx: video.heightPx,
    bitDepth: video.bitDepth,
    range: video.range,
  };
  const followsFields = options.deinterlace === 'auto';
  const encoder = planEncoder(luma, container, options);
  const layout: FrameLayout = { ...luma, chroma: encoder.chroma, interlaced: false };
  const whole = options.recolor === true ? undefined : wholeFrames(video.luma, layout, followsFields);
  return {
    input,
    output,
    options,
    source,
    container,
    encoder,
    encode: {
      plan: encoder,
      timeBase: video.timeBase,
      headroom: headroomTicks(source),
      colors: colorTags(source, encoder),
      fieldOrder: followsFields ? video.fieldOrder : 'progressive',
      threads: encoderThreads(encoder.codec, layout),
      compare: options.compare,
    },
    segments: segmentLimits(options, source),
    notices: [...source.notices, ...encoder.notices, ...fieldNotices(source, encoder, followsFields)],
    followsFields,
    whole,
    keepsOwnColor: whole !== undefined,
    layout,
    matrix: video.matrix,
    rect: wholeRect(layout),
    smallSize: networkSize(video, options.size, video.sampleAspect),
    stride,
    batchFrames,
    blockFrames: blockFramesOf(layout),
    networkEvery: options.networkEvery,
    saturation: options.saturation,
    temperature: options.temperature,
    liveliness: options.liveliness,
    sceneThreshold: options.sceneThreshold,
  };
}

/**
 * Frames between two points where an interrupted film can resume, in whole batches: few enough that an interruption
 * costs only some seconds of work, and enough that starting an encoder for each costs nothing.
 */
function segmentLimits({ segmentFrames }: CompleteFilmOptions, { video }: SourceInfo): SegmentLimits {
  const { num, den } = video.averageFrameRate ?? { num: 25, den: 1 };
  const byTime = Math.min(Math.max((segmentS * num) / den, leastSegmentFrames), mostSegmentFrames);
  const longest = Math.max(1, Math.round((segmentFrames ?? byTime) / batchFrames)) * batchFrames;
  return { longest, shortest: Math.ceil(longest * shortestShare) };
}

/** How the decoder reads the film. */
export function decodeOptions({ options, whole }: Pick<FilmPlan, 'options' | 'whole'>): DecodeOptions {
  const { start, duration, hwaccel, deinterlace } = options;
  return { startS: start, durationS: duration, hwaccel, deinterlace: deinterlace === 'on', whole };
}

/** How to read frames in the layout of the output. */
function wholeFrames(luma: LumaPlan, layout: FrameLayout, byFields: boolean): WholeFrames | undefined {
  const filters = wholeFilters(luma, layout.chroma, byFields);
  return filters && { filters, bytes: frameBytes(layout) };
}

/** Players deinterlace only frames that are marked. */
function fieldNotices(
  { video }: SourceInfo,
  { codec, marksFields }: EncoderPlan,
  follows: boolean,
): string[] {
  if (video.fieldOrder === 'progressive' || !follows || marksFields) return [];
  return [
    `${codec} can't mark interlaced frames, so players may show them with combs: --codec libx264, ffv1 and prores_ks mark them, --deinterlace on removes the fields`,
  ];
}

/** The container that an output's name asks for. */
function containerOf(output: string): Container {
  if (output === '-') return 'mkv';
  const extension = extname(output).slice(1).toLowerCase();
  const found = containers.find((name) => name === extension);
  if (found) return found;
  throw new AppError('USAGE', `-o ${output}: expected .${containers.join(', .')} but got "${extension}"`, {
    cure: 'name the output with one of these; .mkv takes every stream',
  });
}

function colorTags({ video }: SourceInfo, encoder: EncoderPlan): ColorTags {
  // ffmpeg's name of the chroma matrix.
  const bt601 = video.heightPx === 576 ? 'bt470bg' : 'smpte170m';
  return {
    matrix: { bt601, bt709: 'bt709', bt2020: 'bt2020nc' }[video.matrix],
    primaries: video.colors.primaries,
    transfer: video.colors.transfer,
    chromaLocation: encoder.chroma === '420' ? (video.colors.chromaLocation ?? 'left') : undefined,
  };
}
