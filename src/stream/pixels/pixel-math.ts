import type { LumaFormat, RectPx, SizePx, YuvMatrix } from '../../frame.ts';
import { composeFrames, type ChromaTarget, type ComposeJob } from './compose.ts';
import { countMoving } from './camera/count-moving.ts';
import { countUnder } from './count-under.ts';
import { followTrack, learnBackground } from './camera/follow.ts';
import { halveColor } from './camera/halve-color.ts';
import type { LiveState, Track } from './camera/live-state.ts';
import { codePlanes, type YuvPlanes } from './jpeg/code-planes.ts';
import type { CodingTables } from './jpeg/tables.ts';
import { meanOf } from './mean.ts';
import { estimateMotion, type MotionArrays } from './motion.ts';
import { halveInto, shrinkLuma, type LumaPlane, type RowChoice } from './shrink.ts';
import { composeInto } from './simd/compose.ts';
import { codePlanesSimd } from './simd/jpeg.ts';
import {
  countMovingSimd,
  countUnderSimd,
  followTrackSimd,
  halveColorSimd,
  halveSimd,
  learnBackgroundSimd,
  meanSimd,
} from './simd/live.ts';
import { motionInto } from './simd/motion.ts';
import { shrinkInto } from './simd/shrink.ts';
import { blendSimd, carryBackSimd, carrySimd, joinSimd } from './simd/steady.ts';
import { Workspace } from './simd/workspace.ts';
import { blendAnswer, carryBackInto, carryInto, joinInto, type ColorState } from './steady.ts';

/** The work per pixel for every frame. Both implementations give the same numbers. */
export interface PixelMath {
  /** Does `shrinkLuma` into an existing picture. */
  shrink(
    plane: LumaPlane,
    format: LumaFormat,
    rect: RectPx,
    rows: RowChoice,
    out: Uint8Array,
    size: SizePx,
  ): void;
  /** Does `estimateMotion` into existing arrays. @returns the share of pixels that were not seen before */
  motion(
    earlier: Uint8Array,
    later: Uint8Array,
    size: SizePx,
    stillLevels: number,
    out: MotionArrays,
  ): number;
  /** As `carryInto`. */
  carry(from: ColorState, to: ColorState, motion: MotionArrays): void;
  /** As `carryBackInto`. */
  carryBack(from: ColorState, to: ColorState, motion: MotionArrays): void;
  /** As `joinInto`. */
  join(past: ColorState, future: ColorState): void;
  /** As `blendAnswer`. */
  blend(state: ColorState, answer: Float32Array, size: SizePx, answerSize: SizePx): void;
  /** As `composeFrames`. */
  compose(targets: readonly ChromaTarget[], job: ComposeJob, matrix: YuvMatrix): void;
  /** As `halveInto`. */
  halve(picture: Uint8Array, size: SizePx, out: Uint8Array): void;
  /** As `followTrack`. */
  followTrack(from: Track, to: Track, motion: MotionArrays): void;
  /** As `learnBackground`. The number of pixels is a multiple of 4. */
  learnBackground(
    state: Pick<LiveState, 'background' | 'stillness'>,
    color: ColorState,
    motion: MotionArrays,
    elapsedS: number,
    isLearning: boolean,
  ): void;
  /** As `halveColor`. The width is a multiple of 8. */
  halveColor(from: ColorState, size: SizePx, out: ColorState): void;
  /** As `countUnder`. */
  countUnder(limit: number, values: Float32Array): number;
  /** As `countMoving`. */
  countMoving(motion: MotionArrays): number;
  /** As `meanOf`. */
  meanOf(picture: Uint8Array): number;
  /** As `codePlanes`. The result is valid until the next call. */
  codePlanes(planes: YuvPlanes, size: SizePx, tables: CodingTables): Uint8Array;
}

/** The implementation in TypeScript, which runs everywhere and is the reference. */
export const scalarMath: PixelMath = {
  shrink: (plane, format, rect, rows, out, size) => out.set(shrinkLuma(plane, format, rect, size, rows)),
  motion(earlier, later, size, stillLevels, out) {
    const { source, confidence, uncovered } = estimateMotion(earlier, later, size, stillLevels);
    out.source.set(source);
    out.confidence.set(confidence);
    return uncovered;
  },
  carry: carryInto,
  carryBack: carryBackInto,
  join: joinInto,
  blend: blendAnswer,
  compose: composeFrames,
  halve: halveInto,
  followTrack,
  learnBackground,
  halveColor,
  countUnder,
  countMoving,
  meanOf,
  codePlanes,
};

/** The implementation in WebAssembly SIMD. @param work - arrays in its memory are used without copies */
export function simdMath(work: Workspace): PixelMath {
  return {
    shrink: (plane, format, rect, rows, out, size) => shrinkInto(work, plane, format, rect, rows, out, size),
    motion: (earlier, later, size, stillLevels, out) =>
      motionInto(work, earlier, later, size, stillLevels, out),
    carry: (from, to, motion) => carrySimd(work, from, to, motion),
    carryBack: (from, to, motion) => carryBackSimd(work, from, to, motion),
    join: (past, future) => joinSimd(work, past, future),
    blend: (state, answer, size, answerSize) => blendSimd(work, state, answer, size, answerSize),
    compose: (targets, job, matrix) => composeInto(work, targets, job, matrix),
    halve: (picture, size, out) => halveSimd(work, picture, size, out),
    followTrack: (from, to, motion) => followTrackSimd(work, from, to, motion),
    learnBackground: (state, color, motion, elapsedS, isLearning) =>
      learnBackgroundSimd(work, state, color, motion, elapsedS, isLearning),
    halveColor: (from, size, out) => halveColorSimd(work, from, size, out),
    countUnder: (limit, values) => countUnderSimd(work, limit, values),
    countMoving: (motion) => countMovingSimd(work, motion),
    meanOf: (picture) => meanSimd(work, picture),
    codePlanes: (planes, size, tables) => codePlanesSimd(work, planes, size, tables),
  };
}

let own: PixelMath | undefined;

/** The fastest implementation on this machine, with a memory that belongs to this thread. */
export function pixelMath(): PixelMath {
  if (own) return own;
  const work = Workspace.own();
  own = work ? simdMath(work) : scalarMath;
  return own;
}
