/** What the pixel pool's threads do: work on shared memory, no state between calls. */
import type { RectPx, YuvMatrix } from '../../frame.ts';
import { chromaSpread } from './chroma-spread.ts';
import type { FramePlace } from './frame-memory.ts';
import { workOnFrames } from './frame-work.ts';
import { stepLive, type LiveStepResult, type LiveStepTask } from './live-step.ts';
import type { RowChoice } from './shrink.ts';

/** A task's result and how long it ran, milliseconds. */
export interface Timed<T> {
  readonly result: T;
  readonly ms: number;
}

export interface ShrinkTask {
  readonly place: FramePlace;
  readonly rect: RectPx;
  readonly rows: RowChoice;
}

/** Shrinks a frame's luma to the network's picture. */
export function shrink({ place, rect, rows }: ShrinkTask): Timed<void> {
  const { layout, smallSize } = place.memory.shape;
  return timed(() =>
    workOnFrames(place.memory, ({ math, partsOf }) => {
      const { planes, small } = partsOf(place);
      math.shrink(planes.y, layout, rect, rows, small, smallSize);
    }),
  );
}

/** A frame whose chroma the source gave. */
export interface SpreadTask {
  readonly place: FramePlace;
}

/** How far the chroma of a frame is from being a tint. */
export function spread({ place }: SpreadTask): Timed<number> {
  const { layout } = place.memory.shape;
  return timed(() =>
    workOnFrames(place.memory, ({ partsOf }) => chromaSpread(partsOf(place).planes, layout)),
  );
}

export interface MotionTask {
  /** The frame before, or its small picture where that is not in memory any more. */
  readonly earlier: FramePlace | Uint8Array;
  readonly later: FramePlace;
}

/** Motion from one small picture to the next, into the later frame. Gives the share of pixels that were not seen before. */
export function motion({ earlier, later }: MotionTask): Timed<number> {
  return timed(() =>
    workOnFrames(later.memory, ({ math, partsOf }) => {
      const before = earlier instanceof Uint8Array ? earlier : partsOf(earlier).small;
      const { small, motion } = partsOf(later);
      return math.motion(before, small, later.memory.shape.smallSize, 0, motion);
    }),
  );
}

export interface ComposeTask {
  readonly place: FramePlace;
  readonly rect: RectPx;
  readonly matrix: YuvMatrix;
  readonly radiusPx: number;
  readonly saturation: number;
}

/** Fills a frame's chroma planes from its colour. */
export function compose({ place, rect, matrix, radiusPx, saturation }: ComposeTask): Timed<void> {
  const { layout, smallSize } = place.memory.shape;
  return timed(() =>
    workOnFrames(place.memory, ({ math, partsOf }) => {
      const { planes, small, color } = partsOf(place);
      const job = { small, ab: color.ab, weight: color.weight, size: smallSize, radiusPx, saturation };
      math.compose([{ planes, layout, rect }], job, matrix);
    }),
  );
}

/** One frame of a live camera. */
export function live(task: LiveStepTask): Timed<LiveStepResult> {
  return timed(() => stepLive(task));
}

function timed<T>(work: () => T): Timed<T> {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
}
