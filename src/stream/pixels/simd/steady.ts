import type { SizePx } from '../../../frame.ts';
import { linearTaps } from '../linear-taps.ts';
import type { MotionArrays } from '../motion.ts';
import { maxAnswers, noWeight, type ColorState } from '../steady.ts';
import type { Workspace } from './workspace.ts';

/** As `carryInto`. */
export function carrySimd(work: Workspace, from: ColorState, to: ColorState, motion: MotionArrays): void {
  work.begin();
  work.kernels.carry(...moved(work, from, motion), work.output(to.ab), work.output(to.weight));
  work.finish();
}

/** As `carryBackInto`. */
export function carryBackSimd(work: Workspace, from: ColorState, to: ColorState, motion: MotionArrays): void {
  work.begin();
  // Colour without weight does not change.
  work.kernels.carryBack(...moved(work, from, motion), work.inOut(to.ab), work.output(to.weight));
  work.finish();
}

function moved(
  work: Workspace,
  from: ColorState,
  motion: MotionArrays,
): [number, number, number, number, number] {
  return [
    work.input(from.ab),
    work.input(from.weight),
    work.input(motion.source),
    work.input(motion.confidence),
    motion.source.length,
  ];
}

/** As `joinInto`. */
export function joinSimd(work: Workspace, past: ColorState, future: ColorState): void {
  work.begin();
  work.kernels.join(
    work.input(past.ab),
    work.input(past.weight),
    past.weight.length,
    noWeight,
    work.inOut(future.ab),
    work.inOut(future.weight),
  );
  work.finish();
}

/** As `blendAnswer`. */
export function blendSimd(
  work: Workspace,
  state: ColorState,
  answer: Float32Array,
  size: SizePx,
  answerSize: SizePx,
): void {
  work.begin();
  const across = linearTaps(answerSize.widthPx, size.widthPx);
  const down = linearTaps(answerSize.heightPx, size.heightPx);
  work.kernels.blend(
    work.inOut(state.ab),
    work.inOut(state.weight),
    size.widthPx,
    size.heightPx,
    work.input(answer),
    answerSize.widthPx,
    answerSize.heightPx,
    work.input(across.low),
    work.input(across.part),
    work.input(down.low),
    work.input(down.part),
    noWeight,
    maxAnswers,
    work.scratch(2 * (4 * answerSize.widthPx + 16)),
  );
  work.finish();
}
