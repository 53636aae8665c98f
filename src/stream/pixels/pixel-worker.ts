/** What the pixel pool's threads do: plain functions over shared memory, no state between calls. */
import type { RectPx, SizePx, YuvMatrix } from '../../frame.ts';
import { chromaSpread } from './chroma-spread.ts';
import { type ComposeJob, framePlanes, type FrameLayout } from './compose.ts';
import { stepLive, type LiveStepResult, type LiveStepTask } from './live-step.ts';
import { estimateMotion, type Motion } from './motion.ts';
import { pixelMath } from './pixel-math.ts';
import type { RowChoice } from './shrink.ts';

/** A task's result and how long it ran, milliseconds. */
export interface Timed<T> {
  readonly result: T;
  readonly ms: number;
}

export interface ShrinkTask {
  readonly memory: SharedArrayBuffer;
  readonly layout: FrameLayout;
  readonly rect: RectPx;
  readonly size: SizePx;
  readonly rows: RowChoice;
}

/** Shrinks the luma of a frame's buffer to the network's size. */
export function shrink(task: ShrinkTask): Timed<Uint8Array> {
  const { memory, layout, rect, size, rows } = task;
  return timed(() => pixelMath().shrink(framePlanes(memory, layout).y, layout, rect, size, rows));
}

/** A frame whose chroma the source gave. */
export interface SpreadTask {
  readonly memory: SharedArrayBuffer;
  readonly layout: FrameLayout;
}

/** How far the chroma of a frame is from being a tint. */
export function spread({ memory, layout }: SpreadTask): Timed<number> {
  return timed(() => chromaSpread(framePlanes(memory, layout), layout));
}

export interface MotionTask {
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
  readonly size: SizePx;
}

/** Motion from one small picture to the next. */
export function motion(task: MotionTask): Timed<Motion> {
  return timed(() => estimateMotion(task.earlier, task.later, task.size));
}

export interface ComposeTask extends ComposeJob {
  readonly memory: SharedArrayBuffer;
  readonly layout: FrameLayout;
  readonly rect: RectPx;
  readonly matrix: YuvMatrix;
}

/** Fills the chroma planes of a frame's buffer. */
export function compose(task: ComposeTask): Timed<void> {
  return timed(() => {
    const { layout, rect, matrix } = task;
    pixelMath().compose([{ planes: framePlanes(task.memory, layout), layout, rect }], task, matrix);
  });
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
