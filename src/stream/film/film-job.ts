/** What one film is to become: decided before the first frame is decoded. */
import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { fingerprintOf, sha256File } from '../../files/fingerprint.ts';
import type { LumaFormat, SizePx } from '../../frame.ts';
import type { DecodeOptions } from '../../ingest/film/decode.ts';
import type { SourceInfo } from '../../ingest/film/source-info.ts';
import type { SourceInput } from '../../ingest/film/source-input.ts';
import type { Model } from '../../model/model.ts';
import type { ColorTags, Compare, EncodeSettings } from './encode-args.ts';
import { containers, planEncoder, type Container, type EncoderPlan } from './encoders.ts';
import type { CarriedStream } from './mux.ts';
import { networkSize } from '../network-size.ts';
import { frameBytes, type FrameLayout } from '../pixels/compose.ts';

/** What the user asked for, of a film. Seconds, pixels and ffmpeg's names as on the command line. */
export interface FilmWish {
  readonly input: string;
  /** `-` = standard output */
  readonly output: string;
  readonly overwrite?: boolean | undefined;
  readonly fresh?: boolean | undefined;
  readonly size: number;
  readonly temperature?: number | undefined;
  readonly saturation: number;
  readonly networkEvery: number;
  readonly sceneThreshold?: number | undefined;
  readonly deinterlace: 'auto' | 'on' | 'off';
  readonly codec?: string | undefined;
  readonly crf?: number | undefined;
  readonly preset?: string | undefined;
  readonly pixFmt?: string | undefined;
  readonly hwaccel?: string | undefined;
  readonly dropUncarried?: boolean | undefined;
  readonly start?: number | undefined;
  readonly duration?: number | undefined;
  readonly frameRate: number;
  readonly compare?: Compare | undefined;
  readonly contactSheet?: string | undefined;
  readonly report?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly segmentFrames: number;
}

/** What will be done. */
export interface FilmPlan {
  readonly container: Container;
  readonly encoder: EncoderPlan;
  readonly encode: EncodeSettings;
  readonly layout: FrameLayout;
  readonly smallSize: SizePx;
  /** Frames of a call of the network, of a segment (a multiple of it). */
  readonly batchFrames: number;
  readonly segmentFrames: number;
  /** Frames of a block of the steady step. */
  readonly blockFrames: number;
  readonly notices: readonly string[];
}

/** The network's batch on this program's default device: more only helps on a GPU. */
const batchFrames = 4;

/** The steady step's blocks, for frames small enough: longer ones make colour hardly steadier (docs/benchmarks.md). */
const mostBlockFrames = 16;
/** What the frames of such a block may take up. */
const mostBlockBytes = 64 * 2 ** 20;

/** Frames of a block of the steady step: as many as fit, so that large pictures do not take the machine's memory. */
export function blockFramesOf(layout: FrameLayout): number {
  const fitting = Math.floor(mostBlockBytes / frameBytes(layout));
  return Math.max(1, Math.min(mostBlockFrames, fitting));
}

/** Decides container, encoder, frame layout and network size. */
export function planFilm(wish: FilmWish, source: SourceInfo): FilmPlan {
  const container = containerOf(wish.output);
  const { video } = source;
  const luma: LumaFormat = {
    ...{ widthPx: video.widthPx, heightPx: video.heightPx },
    ...{ bitDepth: video.bitDepth, range: video.range },
  };
  const isInterlaced = video.fieldOrder !== 'progressive' && wish.deinterlace === 'auto';
  const encoder = planEncoder(luma, container, wish);
  const colors: ColorTags = {
    matrix: matrixTag(source),
    primaries: video.colors.primaries,
    transfer: video.colors.transfer,
    chromaLocation: encoder.chroma === '420' ? (video.colors.chromaLocation ?? 'left') : undefined,
  };
  const layout: FrameLayout = { ...luma, chroma: encoder.chroma, interlaced: isInterlaced };
  return {
    container,
    encoder,
    encode: {
      plan: encoder,
      timeBase: video.timeBase,
      colors,
      fieldOrder: isInterlaced ? video.fieldOrder : 'progressive',
      compare: wish.compare,
    },
    layout,
    smallSize: networkSize(video, wish.size, video.sampleAspect),
    batchFrames,
    segmentFrames: Math.max(batchFrames, Math.round(wish.segmentFrames / batchFrames) * batchFrames),
    blockFrames: blockFramesOf(layout),
    notices: [...source.notices, ...encoder.notices],
  };
}

/** ffmpeg's name of the matrix that chroma is made with. */
function matrixTag({ video }: SourceInfo): string {
  return { bt601: video.heightPx === 576 ? 'bt470bg' : 'smpte170m', bt709: 'bt709', bt2020: 'bt2020nc' }[
    video.matrix
  ];
}

/** The streams beside the picture. */
export function carriedStreams(source: SourceInfo): CarriedStream[] {
  return source.others.map(({ index, kind, codec, title }) => ({ index, kind, codec, title }));
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

/** What the decoder is asked for. */
export function decodeOptions(wish: FilmWish): DecodeOptions {
  const { start, duration, hwaccel, deinterlace } = wish;
  return { startS: start, durationS: duration, hwaccel, deinterlace: deinterlace === 'on' };
}

/** What the result depends on beside the wish and the plan. */
export interface JobCircumstances {
  readonly input: SourceInput;
  readonly model: Model;
  /** of the program and of ffmpeg */
  readonly versions: { readonly program: string; readonly ffmpeg: string };
  readonly engine: string;
  readonly device: string;
  /** of the network that palettes come from */
  readonly embeddingSha256: string;
}

/** Everything that the result depends on, for the journal. */
export async function jobSettings(
  wish: FilmWish,
  plan: FilmPlan,
  { input, model, versions, engine, device, embeddingSha256 }: JobCircumstances,
): Promise<{ fingerprint: string; settings: Record<string, unknown> }> {
  const { size, temperature, saturation, networkEvery, sceneThreshold, deinterlace } = wish;
  const { start, duration, compare, frameRate } = wish;
  const { manifest, weights } = model;
  const settings: Record<string, unknown> = {
    ...{ input: wish.input === '-' ? '-' : resolve(wish.input), source: await stateOf(input) },
    ...{ size, temperature, saturation, networkEvery, sceneThreshold, deinterlace },
    ...{ start, duration, compare, frameRate },
    ...{ output: basename(wish.output), encoder: plan.encoder.args.join(' ') },
    segmentFrames: plan.segmentFrames,
    ...{ model: `${manifest.name} ${manifest.version}`, weights: weights.map(({ sha256 }) => sha256) },
    ...{ embedding: embeddingSha256, engine, device, ...versions },
  };
  const known = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
  return { fingerprint: fingerprintOf(known), settings: known };
}

/** What a source is like now, in words: another file, or a changed one, is another source. */
async function stateOf({ files, isSpooled }: SourceInput): Promise<string> {
  const [first] = files;
  if (isSpooled && first !== undefined) return `SHA-256 ${await sha256File(first)}`;
  const facts = await Promise.all(
    files.map(async (path) => {
      const { size, mtime } = await stat(path);
      return `${size} bytes of ${mtime.toISOString()}`;
    }),
  );
  return files.length === 1 ? facts.join('') : `${files.length} files, ${fingerprintOf([files, facts])}`;
}
