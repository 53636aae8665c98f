import { AppError } from '../../errors.ts';
import { labOfRgb, meanChroma } from '../metrics/lab-picture.ts';
import { medianPlane } from '../metrics/moving-chroma.ts';
import { grayOfLuma, readYuvFrames, type YuvClip } from './yuv-frames.ts';

/** What a clip's measures need to know beforehand. */
export interface TruthSurvey {
  readonly frames: number;
  /** L* of the median frame, `[pixels]`. */
  readonly median: Float32Array;
  /** Mean distance from gray in the ab plane, Lab units. */
  readonly meanChroma: number;
}

/** Number of frames for the median. */
const mostPlanes = 32;

/**
 * Reads a clip once: counts its frames, and measures about 32 of them, spread evenly.
 * @throws {AppError} INPUT_UNSUPPORTED for a clip without frames; FFMPEG_FAILED
 */
export async function surveyTruth(clip: YuvClip, signal: AbortSignal): Promise<TruthSurvey> {
  let surveyed: { lightness: Float32Array; chroma: number }[] = [];
  let step = 1;
  let frames = 0;
  for await (const { luma, rgb } of readYuvFrames(clip, signal)) {
    if (frames++ % step !== 0) continue;
    const { a, b } = labOfRgb(rgb);
    surveyed.push({ lightness: labOfRgb(grayOfLuma(luma)).l, chroma: meanChroma(a, b) });
    if (surveyed.length <= mostPlanes) continue;
    // The number of frames is not known beforehand, so a full list drops every second entry.
    surveyed = surveyed.filter((_, i) => i % 2 === 0);
    step *= 2;
  }
  if (frames === 0) throw new AppError('INPUT_UNSUPPORTED', `${clip.path}: expected frames but got none`);
  return {
    frames,
    median: medianPlane(surveyed.map(({ lightness }) => lightness)),
    meanChroma: surveyed.reduce((sum, { chroma }) => sum + chroma, 0) / surveyed.length,
  };
}

/** Below this mean chroma a picture has no visible colour to compare with. */
const leastChroma = 1;

/**
 * Throws if a truth has no colour.
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
