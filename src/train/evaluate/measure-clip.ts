/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import { AppError } from '../../errors.ts';
import { createLabPicture, fillLab } from '../metrics/lab-picture.ts';
import { movingMask } from '../metrics/pixel-mask.ts';
import type { ClipFigure, Figures, Versions } from './figures.ts';
import { distance } from './figures.ts';
import { VersionMeter, type MeasuredClipFigure } from './version-meter.ts';
import { grayOfLuma, readYuvFrames, type YuvClip, type YuvFrame } from './yuv-frames.ts';

/** What is measured: the output of the gray version of a truth, frame by frame. */
export interface ClipMeasuring {
  readonly truth: YuvClip;
  /** The program's output; of the truth's size and matrix. */
  readonly outputPath: string;
  /** L* of the truth's median frame, from `surveyTruth`. */
  readonly median: Float32Array;
  /** SSIM and CIEDE2000 look at one frame in so many. */
  readonly every: number;
  readonly signal: AbortSignal;
  /** Sees each frame in its three versions, interleaved RGB. */
  readonly visit?: (index: number, frame: Versions<Uint8Array>) => void;
}

export interface ClipMeasures {
  readonly frames: number;
  readonly movingShare: number;
  readonly lumaDifference: number;
  readonly figures: Versions<Figures<ClipFigure>>;
}

/**
 * Measures a colorized clip against its truth, holding a frame and the median at a time.
 * @throws {AppError} INPUT_DAMAGED when the two have not as many frames; FFMPEG_FAILED
 */
export async function measureClip(job: ClipMeasuring): Promise<ClipMeasures> {
  const { truth, median, signal } = job;
  const lab = createLabPicture(median.length);
  const truthLab = createLabPicture(median.length);
  const mask = new Uint8Array(median.length);
  const meter = (): VersionMeter => new VersionMeter(truth);
  const meters: Versions<VersionMeter> = { gray: meter(), output: meter(), truth: meter() };
  const outputs = readYuvFrames({ ...truth, path: job.outputPath }, signal);
  let [frames, lumaDifference] = [0, 0];
  try {
    for await (const frame of readYuvFrames(truth, signal)) {
      const output = await nextFrame(outputs, job.outputPath, frames);
      lumaDifference = Math.max(lumaDifference, greatestDifference(frame.luma, output.luma));
      const rgb = { gray: grayOfLuma(frame.luma), output: output.rgb, truth: frame.rgb };
      fillLab(rgb.truth, truthLab);
      fillLab(rgb.gray, lab);
      const lightness = lab.l.slice();
      const shared = {
        ...{ truth: { rgb: rgb.truth, lab: truthLab }, lightness },
        ...{ mask: movingMask(lightness, median, mask), isDetailed: frames % job.every === 0 },
      };
      for (const name of ['gray', 'output', 'truth'] as const) {
        fillLab(rgb[name], lab);
        meters[name].add({ rgb: rgb[name], lab }, shared);
      }
      job.visit?.(frames, rgb);
      frames += 1;
    }
    await requireEnd(outputs, job.outputPath, frames);
  } finally {
    await outputs.return(undefined);
  }
  const values = { gray: meters.gray.value(), output: meters.output.value(), truth: meters.truth.value() };
  const { movingShare } = meters.truth;
  return { frames, movingShare, lumaDifference, figures: withDistances(values) };
}

function withDistances(values: Versions<Figures<MeasuredClipFigure>>): Versions<Figures<ClipFigure>> {
  const complete = (own: Figures<MeasuredClipFigure>): Figures<ClipFigure> => ({
    ...own,
    colourfulnessDistance: distance(own.colourfulness, values.truth.colourfulness),
  });
  return {
    output: complete(values.output),
    gray: complete(values.gray),
    truth: complete(values.truth),
  };
}

function greatestDifference(a: Uint8Array, b: Uint8Array): number {
  let greatest = 0;
  for (let i = 0; i < a.length; i++) greatest = Math.max(greatest, Math.abs(a[i]! - b[i]!));
  return greatest;
}

async function nextFrame(frames: AsyncGenerator<YuvFrame>, path: string, index: number): Promise<YuvFrame> {
  const next = await frames.next();
  if (next.done !== true) return next.value;
  throw new AppError('INPUT_DAMAGED', `${path}: expected frame ${index} as the truth has but it ends before`);
}

async function requireEnd(frames: AsyncGenerator<YuvFrame>, path: string, count: number): Promise<void> {
  const next = await frames.next();
  if (next.done === true) return;
  throw new AppError('INPUT_DAMAGED', `${path}: expected ${count} frames as the truth has but it has more`);
}
