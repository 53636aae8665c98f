/** What the pixel pool's threads do: plain functions over shared memory, no state between calls. */
import type { LumaFormat, SizePx, YuvMatrix } from '../../frame.ts';
import { composeFrame, type ComposeJob } from './compose-frame.ts';
import { framePlanes, type FrameLayout } from './compose.ts';
import { estimateMotion, type Motion } from './motion.ts';
import type { RectPx } from './rect.ts';
import { shrinkLuma, type LumaPlane, type RowChoice } from './shrink.ts';

export interface ShrinkTask {
  readonly memory: SharedArrayBuffer;
  readonly layout: FrameLayout;
  readonly rect: RectPx;
  readonly size: SizePx;
  readonly rows: RowChoice;
}

/** Shrinks the luma of a frame's buffer to the network's size. */
export function shrink(task: ShrinkTask): Uint8Array {
  const plane: LumaPlane = framePlanes(task.memory, task.layout).y;
  const format: LumaFormat = task.layout;
  return shrinkLuma(plane, format, task.rect, task.size, task.rows);
}

export interface MotionTask {
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
  readonly size: SizePx;
}

/** Motion from one small picture to the next. */
export function motion(task: MotionTask): Motion {
  return estimateMotion(task.earlier, task.later, task.size);
}

export interface ComposeTask extends ComposeJob {
  readonly memory: SharedArrayBuffer;
  readonly layout: FrameLayout;
  readonly rect: RectPx;
  readonly matrix: YuvMatrix;
}

/** Fills the chroma planes of a frame's buffer. */
export function compose(task: ComposeTask): void {
  composeFrame(framePlanes(task.memory, task.layout), task.layout, task.rect, task, task.matrix);
}
