import type { SizePx } from '../../../frame.ts';
import { linearTaps } from '../linear-taps.ts';
import type { LiveState, Track } from './live-state.ts';
import type { MotionArrays } from '../motion.ts';
import { maxAnswers, noWeight, type ColorState } from '../steady.ts';

/** The daylight background is a mean over this many seconds. */
const backgroundS = 60;
/** A pixel that has not changed for this many seconds counts as background. */
const settleS = 4;
/** A pixel with a higher confidence, at its own place, counts as still. */
export const stillConfidence = Math.fround(0.6);

/**
 * Extends the path back to the picture that the network works on by one frame.
 * @param from - of the earlier frame; not modified
 * @param to - of the later frame; overwritten
 */
export function followTrack(from: Track, to: Track, motion: MotionArrays): void {
  const { source, confidence } = motion;
  for (let i = 0; i < source.length; i++) {
    const k = source[i]!;
    to.source[i] = from.source[k]!;
    to.confidence[i] = from.confidence[k]! * confidence[i]!;
  }
}

/** A pixel's first answer counts as this many, so the second answer does not move its colour half way. */
const firstAnswers = 4;
/** Below this confidence a path is lost: the pixel was not in the picture that the network saw. */
const lostPath = 0.2;

/**
 * Blends the network's answer for an earlier frame into the colour of this frame. Each pixel takes the answer from its
 * position in that frame, weighted by the confidence of that position.
 * @param state - modified in place
 * @param answer - `[2, h / 4, w / 4]` a*, b*
 * @param size - of the state, pixels
 * @param answerSize - of the answer, pixels
 */
export function blendTracked(
  state: ColorState,
  answer: Float32Array,
  track: Track,
  size: SizePx,
  answerSize: SizePx,
): void {
  const { widthPx: width, heightPx: height } = size;
  const count = width * height;
  const across = linearTaps(answerSize.widthPx, width);
  const down = linearTaps(answerSize.heightPx, height);
  const columns = answerSize.widthPx;
  const plane = columns * answerSize.heightPx;
  for (let i = 0; i < count; i++) {
    const sure = track.confidence[i]!;
    if (sure < lostPath) continue;
    const at = track.source[i]!;
    const row = (at / width) | 0;
    const column = at - row * width;
    const left = across.low[column]!;
    const right = left + 1 < columns ? left + 1 : left;
    const top = down.low[row]! * columns;
    const bottom = down.low[row]! + 1 < answerSize.heightPx ? top + columns : top;
    const s = across.part[column]!;
    const t = down.part[row]!;
    const known = state.weight[i]!;
    const share = known < noWeight ? 1 : sure / (known + sure);
    const ul = (1 - s) * (1 - t);
    const ur = s * (1 - t);
    const ll = (1 - s) * t;
    const lr = s * t;
    const a =
      ul * answer[top + left]! +
      ur * answer[top + right]! +
      ll * answer[bottom + left]! +
      lr * answer[bottom + right]!;
    const b =
      ul * answer[plane + top + left]! +
      ur * answer[plane + top + right]! +
      ll * answer[plane + bottom + left]! +
      lr * answer[plane + bottom + right]!;
    state.ab[i]! += (a - state.ab[i]!) * share;
    state.ab[count + i]! += (b - state.ab[count + i]!) * share;
    state.weight[i] = Math.min(known < noWeight ? firstAnswers * sure : known + sure, maxAnswers);
  }
}

/**
 * Learns which pixels do not change, and by day also their colour.
 * @param elapsedS - since the last frame
 * @param isLearning - it is day and the network is confident about the colour
 */
export function learnBackground(
  state: Pick<LiveState, 'background' | 'stillness'>,
  color: ColorState,
  motion: MotionArrays,
  elapsedS: number,
  isLearning: boolean,
): void {
  const { background, stillness } = state;
  const { fround } = Math;
  const count = stillness.length;
  const { rise, share } = backgroundRates(elapsedS);
  for (let i = 0; i < count; i++) {
    const isStill = motion.source[i] === i && motion.confidence[i]! > stillConfidence;
    const still = isStill ? Math.min(1, fround(stillness[i]! + rise)) : 0;
    stillness[i] = still;
    if (!isLearning || still < 1 || color.weight[i]! < 1) continue;
    const [a, b] = [background[i]!, background[count + i]!];
    // A pixel that was never learnt is 0, 0 and takes the first colour unchanged.
    const part = a === 0 && b === 0 ? 1 : share;
    background[i] = a + fround(fround(color.ab[i]! - a) * part);
    background[count + i] = b + fround(fround(color.ab[count + i]! - b) * part);
  }
}

/** How much a frame adds to the stillness of a pixel, and its share of the background's colour. */
export function backgroundRates(elapsedS: number): { rise: number; share: number } {
  return {
    rise: Math.fround(Math.min(1, elapsedS / settleS)),
    share: Math.fround(Math.min(1, elapsedS / backgroundS)),
  };
}
