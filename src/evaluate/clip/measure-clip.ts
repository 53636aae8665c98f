import { AppError } from '../../errors.ts';
import { createLabPicture, fillLab } from '../metrics/lab-picture.ts';
import { movingMask } from '../metrics/pixel-mask.ts';
import {
  eachVersion,
  versionNames,
  withDistances,
  type ClipFigure,
  type Figures,
  type Versions,
} from '../figures.ts';
import { greatestDifference } from '../photo/measure-photo.ts';
import { VersionMeter } from './version-meter.ts';
import { grayOfLuma, readYuvFrames, type YuvClip, type YuvFrame } from './yuv-frames.ts';

/** What to measure: the coloured gray version of a truth, frame by frame. */
export interface ClipMeasuring {
  readonly truth: YuvClip;
  /** The program's output, with the truth's size and matrix. */
  readonly outputPath: string;
  /** L* of the truth's median frame, from `surveyTruth`. */
  readonly median: Float32Array;
  /** SSIM and CIEDE2000 use every n-th frame. */
  readonly every: number;
  readonly signal: AbortSignal;
  /** Called with the three versions of each frame, interleaved RGB. */
  readonly visit?: (index: number, frame: Versions<Uint8Array>) => void;
}

export interface ClipMeasures {
  readonly frames: number;
  readonly movingShare: number;
  readonly lumaDifference: number;
  readonly figures: Versions<Figures<ClipFigure>>;
}

/**
 * Compares a colorized clip with its truth. Memory holds one frame and the median.
 * @throws {AppError} INPUT_DAMAGED if the two have different numbers of frames; FFMPEG_FAILED
 */
export async function measureClip(job: ClipMeasuring): Promise<ClipMeasures> {
  const { truth, median, signal } = job;
  const labs = eachVersion(() => createLabPicture(median.length));
  const mask = new Uint8Array(median.length);
  const meters = eachVersion(() => new VersionMeter(truth));
  const outputs = readYuvFrames({ ...truth, path: job.outputPath }, signal);
  let [frames, lumaDifference] = [0, 0];
  try {
    for await (const frame of readYuvFrames(truth, signal)) {
      const output = await nextFrame(outputs, job.outputPath, frames);
      lumaDifference = Math.max(lumaDifference, greatestDifference(frame.luma, output.luma));
      const rgb = { output: output.rgb, gray: grayOfLuma(frame.luma), truth: frame.rgb };
      for (const name of versionNames) fillLab(rgb[name], labs[name]);
      const lightness = labs.gray.l;
      const context = {
        truth: { rgb: rgb.truth, lab: labs.truth },
        lightness,
        mask: movingMask(lightness, median, mask),
        isDetailed: frames % job.every === 0,
      };
      for (const name of versionNames) meters[name].add({ rgb: rgb[name], lab: labs[name] }, context);
      job.visit?.(frames, rgb);
      frames += 1;
    }
    await requireEnd(outputs, job.outputPath, frames);
  } finally {
    await outputs.return(undefined);
  }
  const figures = withDistances(eachVersion((name) => meters[name].value()));
  return { frames, movingShare: meters.truth.movingShare, lumaDifference, figures };
}

async function nextFrame(frames: AsyncGenerator<YuvFrame>, path: string, index: number): Promise<YuvFrame> {
  const next = await frames.next();
  if (next.done !== true) return next.value;
  throw new AppError('INPUT_DAMAGED', `${path}: expected frame ${index} as in the truth, but it ends before`);
}

async function requireEnd(frames: AsyncGenerator<YuvFrame>, path: string, count: number): Promise<void> {
  const next = await frames.next();
  if (next.done === true) return;
  throw new AppError('INPUT_DAMAGED', `${path}: expected ${count} frames as in the truth, but it has more`);
}
