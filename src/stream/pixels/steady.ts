import type { SizePx } from '../../frame.ts';
import { linearTaps } from './linear-taps.ts';
import type { MotionArrays } from './motion.ts';

/**
 * The colour that a scene's pixels carry from frame to frame, at the small picture's size. A pixel's colour is the mean
 * of some answers of the network, and `weight` is their number.
 */
export interface ColorState {
  /** `[2 * h * w]`: a*, then b*; without meaning where the weight is 0 */
  readonly ab: Float32Array;
  /** `[h * w]`, 0 and up */
  readonly weight: Float32Array;
}

const { fround } = Math;

/** A pixel's colour is the mean of at most this many answers of the network; with more it becomes a leaky mean. */
export const maxAnswers = 20;
/** With a lower weight a pixel counts as having no colour. */
export const noWeight = fround(1e-3);

/** An empty state: every pixel waits for the network. */
export function emptyState(size: SizePx): ColorState {
  const count = size.widthPx * size.heightPx;
  return { ab: new Float32Array(2 * count), weight: new Float32Array(count) };
}

/** Empties a state. */
export function clearState({ ab, weight }: ColorState): void {
  ab.fill(0);
  weight.fill(0);
}

// All numbers are rounded to float32 after each step, as in SIMD, so both implementations agree.

/**
 * Carries colour along the motion. Each pixel takes colour and weight from where it was; the weight is reduced if it
 * may not be the same surface.
 * @param from - of the earlier frame; not modified
 * @param to - of the later frame; overwritten
 */
export function carryInto(from: ColorState, to: ColorState, motion: MotionArrays): void {
  const count = motion.source.length;
  const { source, confidence } = motion;
  for (let i = 0; i < count; i++) {
    const k = source[i]!;
    to.ab[i] = from.ab[k]!;
    to.ab[count + i] = from.ab[count + k]!;
    to.weight[i] = from.weight[k]! * confidence[i]!;
  }
}

/**
 * Carries colour against the motion, from a frame to the previous one. Each pixel gives colour and weight to where it
 * was. If several pixels come from the same position, the one with the highest confidence counts. Surfaces that are
 * covered later have no weight.
 * @param from - of the later frame; not modified
 * @param to - of the earlier frame; overwritten
 * @param motion - from the earlier frame to the later one
 */
export function carryBackInto(from: ColorState, to: ColorState, motion: MotionArrays): void {
  const count = motion.source.length;
  const { ab, weight } = to;
  weight.fill(0);
  for (let i = 0; i < count; i++) {
    const k = motion.source[i]!;
    const sure = fround(from.weight[i]! * motion.confidence[i]!);
    if (sure <= weight[k]!) continue;
    ab[k] = from.ab[i]!;
    ab[count + k] = from.ab[count + i]!;
    weight[k] = sure;
  }
}

/**
 * The weighted mean of the colours from the frames up to this one and from the frames after it.
 * @param past - not modified
 * @param future - becomes the mean, with the weights' sum
 */
export function joinInto(past: ColorState, future: ColorState): void {
  const count = past.weight.length;
  const { ab, weight } = future;
  for (let i = 0; i < count; i++) {
    const sum = fround(past.weight[i]! + weight[i]!);
    const isKnown = sum >= noWeight;
    const share = fround(weight[i]! / sum);
    ab[i] = isKnown ? towards(past.ab[i]!, ab[i]!, share) : 0;
    ab[count + i] = isKnown ? towards(past.ab[count + i]!, ab[count + i]!, share) : 0;
    weight[i] = isKnown ? sum : 0;
  }
}

function towards(from: number, to: number, share: number): number {
  return fround(from + fround(fround(to - from) * share));
}

/**
 * Blends the network's answer for this frame into the carried colour. This is a running mean; pixels that have just
 * come into view take the answer unchanged.
 * @param state - modified in place
 * @param answer - `[2, h / 4, w / 4]` a*, b*
 * @param size - of the state, pixels
 * @param answerSize - of the answer, pixels
 */
export function blendAnswer(state: ColorState, answer: Float32Array, size: SizePx, answerSize: SizePx): void {
  const { widthPx: width, heightPx: height } = size;
  const count = width * height;
  const across = linearTaps(answerSize.widthPx, width);
  const down = linearTaps(answerSize.heightPx, height);
  const columns = answerSize.widthPx;
  const plane = columns * answerSize.heightPx;
  const rowA = new Float32Array(columns);
  const rowB = new Float32Array(columns);
  for (let y = 0; y < height; y++) {
    const top = down.low[y]! * columns;
    const bottom = Math.min(down.low[y]! + 1, answerSize.heightPx - 1) * columns;
    const t = down.part[y]!;
    for (let x = 0; x < columns; x++) {
      rowA[x] = mixed(answer[top + x]!, answer[bottom + x]!, t);
      rowB[x] = mixed(answer[plane + top + x]!, answer[plane + bottom + x]!, t);
    }
    for (let x = 0; x < width; x++) {
      const left = across.low[x]!;
      const right = Math.min(left + 1, columns - 1);
      const s = across.part[x]!;
      const i = y * width + x;
      const known = state.weight[i]!;
      const more = fround(known + 1);
      const share = known < noWeight ? 1 : fround(1 / more);
      state.ab[i] = towards(state.ab[i]!, mixed(rowA[left]!, rowA[right]!, s), share);
      state.ab[count + i] = towards(state.ab[count + i]!, mixed(rowB[left]!, rowB[right]!, s), share);
      state.weight[i] = Math.min(more, maxAnswers);
    }
  }
}

function mixed(first: number, second: number, part: number): number {
  return fround(fround(first * fround(1 - part)) + fround(second * part));
}
