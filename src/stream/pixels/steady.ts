import type { SizePx } from '../../frame.ts';
import { linearTaps } from './linear-taps.ts';
import type { Motion } from './motion.ts';

/**
 * The colour that a scene's pixels carry from frame to frame, at the small picture's size.
 * `weight` counts the network's answers that a pixel's colour is the mean of.
 */
export interface ColorState {
  /** `[2 * h * w]`: a*, then b*; means nothing where the weight is 0 */
  readonly ab: Float32Array;
  /** `[h * w]`, 0 and up */
  readonly weight: Float32Array;
}

/** A pixel's colour is the mean of at most so many answers of the network (then a leaky mean). */
export const maxAnswers = 20;
/** Below this a pixel has no colour. */
export const noWeight = 1e-3;

/** An empty state: every pixel waits for the network. */
export function emptyState(size: SizePx): ColorState {
  return emptyOf(size.widthPx * size.heightPx);
}

function emptyOf(count: number): ColorState {
  return { ab: new Float32Array(2 * count), weight: new Float32Array(count) };
}

/**
 * Carries colour along the motion: each pixel takes colour and weight from where it was, the weight
 * lessened where it is not surely the same surface.
 * @param state - of the earlier frame; not modified
 * @returns a new state
 */
export function carryColor(state: ColorState, motion: Motion): ColorState {
  const carried = emptyOf(motion.source.length);
  carryInto(state, carried, motion);
  return carried;
}

/**
 * As `carryColor`, into a state that is there already: for live cameras, which allocate nothing a frame.
 * @param from - of the earlier frame; not modified
 * @param to - of the later frame; overwritten
 */
export function carryInto(from: ColorState, to: ColorState, motion: Motion): void {
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
 * Carries colour against the motion, from a frame to the one before it: each pixel gives colour and weight to where it
 * was. Where several came from one place the surest counts; what was covered later has no weight.
 * @param state - of the later frame; not modified
 * @param motion - from the earlier frame to the later one
 * @returns a new state
 */
export function carryBack(state: ColorState, motion: Motion): ColorState {
  const count = motion.source.length;
  const carried = emptyOf(count);
  const { ab, weight } = carried;
  for (let i = 0; i < count; i++) {
    const to = motion.source[i]!;
    const sure = state.weight[i]! * motion.confidence[i]!;
    if (sure <= weight[to]!) continue;
    ab[to] = state.ab[i]!;
    ab[count + to] = state.ab[count + i]!;
    weight[to] = sure;
  }
  return carried;
}

/**
 * The mean of what frames up to this one and frames after it say of its colour, each by its weight.
 * @returns a new state of the weights' sum
 */
export function joinColors(past: ColorState, future: ColorState): ColorState {
  const count = past.weight.length;
  const joined = emptyOf(count);
  const { ab, weight } = joined;
  for (let i = 0; i < count; i++) {
    const sum = past.weight[i]! + future.weight[i]!;
    if (sum < noWeight) continue;
    const share = future.weight[i]! / sum;
    ab[i] = past.ab[i]! + (future.ab[i]! - past.ab[i]!) * share;
    ab[count + i] = past.ab[count + i]! + (future.ab[count + i]! - past.ab[count + i]!) * share;
    weight[i] = sum;
  }
  return joined;
}

/**
 * Blends the network's answer for this frame into the carried colour: a running mean, in which
 * pixels that have just come into view take the answer as it is.
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
  const plane = answerSize.widthPx * answerSize.heightPx;
  const rowA = new Float32Array(answerSize.widthPx);
  const rowB = new Float32Array(answerSize.widthPx);
  for (let y = 0; y < height; y++) {
    const top = down.low[y]! * answerSize.widthPx;
    const bottom = Math.min(down.low[y]! + 1, answerSize.heightPx - 1) * answerSize.widthPx;
    const t = down.part[y]!;
    for (let x = 0; x < answerSize.widthPx; x++) {
      rowA[x] = answer[top + x]! * (1 - t) + answer[bottom + x]! * t;
      rowB[x] = answer[plane + top + x]! * (1 - t) + answer[plane + bottom + x]! * t;
    }
    for (let x = 0; x < width; x++) {
      const left = across.low[x]!;
      const right = Math.min(left + 1, answerSize.widthPx - 1);
      const s = across.part[x]!;
      const i = y * width + x;
      const known = state.weight[i]!;
      const share = known < noWeight ? 1 : 1 / (known + 1);
      state.ab[i]! += (rowA[left]! * (1 - s) + rowA[right]! * s - state.ab[i]!) * share;
      state.ab[count + i]! += (rowB[left]! * (1 - s) + rowB[right]! * s - state.ab[count + i]!) * share;
      state.weight[i] = Math.min(known + 1, maxAnswers);
    }
  }
}
