import type { SizePx } from '../../../frame.ts';
import { leastConfidence } from '../camera/count-moving.ts';
import { backgroundRates, stillConfidence } from '../camera/follow.ts';
import { leastColorWeight } from '../camera/halve-color.ts';
import type { LiveState, Track } from '../camera/live-state.ts';
import type { MotionArrays } from '../motion.ts';
import type { ColorState } from '../steady.ts';
import type { Workspace } from './workspace.ts';

/** As `halveInto`. */
export function halveSimd(work: Workspace, picture: Uint8Array, size: SizePx, out: Uint8Array): void {
  work.begin();
  work.kernels.halvePicture(work.input(picture), size.widthPx, size.heightPx, work.output(out));
  work.finish();
}

/** As `followTrack`. */
export function followTrackSimd(work: Workspace, from: Track, to: Track, motion: MotionArrays): void {
  work.begin();
  work.kernels.followPixels(
    work.input(from.source),
    work.input(from.confidence),
    work.input(motion.source),
    work.input(motion.confidence),
    motion.source.length,
    work.output(to.source),
    work.output(to.confidence),
  );
  work.finish();
}

/** As `learnBackground`. */
export function learnBackgroundSimd(
  work: Workspace,
  { background, stillness }: Pick<LiveState, 'background' | 'stillness'>,
  color: ColorState,
  motion: MotionArrays,
  elapsedS: number,
  isLearning: boolean,
): void {
  const { rise, share } = backgroundRates(elapsedS);
  work.begin();
  work.kernels.learnPixels(
    work.input(motion.source),
    work.input(motion.confidence),
    stillness.length,
    stillConfidence,
    rise,
    work.inOut(stillness),
    isLearning ? 1 : 0,
    share,
    isLearning ? work.input(color.ab) : 0,
    isLearning ? work.input(color.weight) : 0,
    isLearning ? work.inOut(background) : 0,
  );
  work.finish();
}

/** As `halveColor`. */
export function halveColorSimd(work: Workspace, from: ColorState, size: SizePx, out: ColorState): void {
  work.begin();
  work.kernels.halveColorPlanes(
    work.input(from.ab),
    work.input(from.weight),
    size.widthPx,
    size.heightPx,
    leastColorWeight,
    work.output(out.ab),
    work.output(out.weight),
  );
  work.finish();
}

/** As `countUnder`. */
export function countUnderSimd(work: Workspace, limit: number, values: Float32Array): number {
  work.begin();
  return work.kernels.countBelow(limit, work.input(values), values.length);
}

/** As `countMoving`. */
export function countMovingSimd(work: Workspace, { source, confidence }: MotionArrays): number {
  work.begin();
  return work.kernels.countMovingPixels(
    work.input(source),
    work.input(confidence),
    source.length,
    leastConfidence,
  );
}

/** As `meanOf`. */
export function meanSimd(work: Workspace, picture: Uint8Array): number {
  work.begin();
  return work.kernels.sumBytes(work.input(picture), picture.length) / picture.length;
}
