import { AppError } from '../errors.ts';
import { labOfRgb, meanChroma } from './metrics/lab-picture.ts';
import { medianPlane } from './metrics/moving-chroma.ts';
import { grayOfLuma, readYuvFrames, type YuvClip } from './yuv-frames.ts';

/** What must be known of a clip before it is measured. */
export interface TruthSurvey {
  readonly frames: number;
  /** L* of the median frame, `[pixels]`. */
  readonly median: Float32Array;
  /** Mean distance from gray in the ab plane, Lab units. */
  readonly meanChroma: number;
}

/** Frames of which the median is made. */
const mostPlanes = 32;

/**
 * Reads a clip once: counts its frames, and looks at no more than some 32 of them, spread over it.
 * @throws {AppError} INPUT_UNSUPPORTED for a clip without frames; FFMPEG_FAILED
 */
export async function surveyTruth(clip: YuvClip, signal: AbortSignal): Promise<TruthSurvey> {
  let looks: { lightness: Float32Array; chroma: number }[] = [];
  let step = 1;
  let frames = 0;
  for await (const { luma, rgb } of readYuvFrames(clip, signal)) {
    if (frames++ % step !== 0) continue;
    looks.push({ lightness: labOfRgb(grayOfLuma(luma)).l, chroma: meanChroma(labOfRgb(rgb)) });
    if (looks.length <= mostPlanes) continue;
    // The length is not known beforehand: when the store is full, every second one goes.
    looks = looks.filter((_, i) => i % 2 === 0);
    step *= 2;
  }
  if (frames === 0) throw new AppError('INPUT_UNSUPPORTED', `${clip.path}: expected frames but got none`);
  return {
    frames,
    median: medianPlane(looks.map(({ lightness }) => lightness)),
    meanChroma: looks.reduce((sum, { chroma }) => sum + chroma, 0) / looks.length,
  };
}

/** Mean chroma below which a picture has no colour to compare with: the eye sees none. */
const leastChroma = 1;

/**
 * Refuses a truth that is gray itself.
 * @param file - for the message
 * @param chroma - mean chroma, Lab units
 * @throws {AppError} INPUT_UNSUPPORTED
 */
export function requireColour(file: string, chroma: number): void {
  if (chroma >= leastChroma) return;
  throw new AppError(
    'INPUT_UNSUPPORTED',
    `${file}: expected true colours to compare with but it is gray: its mean chroma is ${chroma.toFixed(2)}, below ${leastChroma}`,
    { cure: 'evaluate on photos and clips that were taken in colour' },
  );
}
