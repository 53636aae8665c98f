/** The tasks of the pixel pool's threads. They work on shared memory and keep no state between calls. */
import type { RectPx, SizePx, YuvMatrix } from '../../frame.ts';
import { chromaSpread } from './chroma-spread.ts';
import type { SentPlace } from './frame-memory.ts';
import { UnknownMemory, workOnFrames, type FrameWork } from './frame-work.ts';
import type { LiveMemory } from './camera/live-state.ts';
import { stepLive, withMemories, type LiveStepResult, type LiveStepTask } from './camera/live-step.ts';
import { encodeJpeg } from './jpeg/encode-jpeg.ts';
import { receivedMemory, type SentMemory } from './sent-memory.ts';
import { pixelMath } from './pixel-math.ts';
import type { RowChoice } from './shrink.ts';

/** A task's result and how long it ran, milliseconds. */
export interface Timed<T> {
  readonly result: T;
  readonly ms: number;
}

/** Returned instead of a result: the message must contain the memory itself. */
export interface MemoryWanted {
  readonly wantsMemory: true;
}

type Answer<T> = Timed<T> | MemoryWanted;

export interface ShrinkTask {
  readonly place: SentPlace;
  readonly rect: RectPx;
  readonly rows: RowChoice;
  /** The frame has the source's chroma. */
  readonly hasChroma: boolean;
}

/**
 * Shrinks the luma of frames to the network's picture.
 * @returns how far each frame's chroma is from being a tint; undefined: the source has none
 */
export function shrink(tasks: readonly ShrinkTask[]): Answer<(number | undefined)[]> {
  return onFrames(tasks, ({ place, rect, rows, hasChroma }, { math, shape, partsOf }) => {
    const { planes, small } = partsOf(place);
    math.shrink(planes.y, shape.layout, rect, rows, small, shape.smallSize);
    return hasChroma ? chromaSpread(planes, shape.layout) : undefined;
  });
}

export interface ResizeTask {
  readonly place: SentPlace;
  readonly rect: RectPx;
  readonly rows: RowChoice;
  /** Of the result. */
  readonly size: SizePx;
}

/**
 * Makes pictures of the luma of frames in any size, for a network that takes another size than the small picture.
 * @returns full-range bytes, `[size.heightPx * size.widthPx]` each
 */
export function resize(tasks: readonly ResizeTask[]): Answer<Uint8Array[]> {
  return onFrames(tasks, ({ place, rect, rows, size }, { shape, partsOf }) => {
    const out = new Uint8Array(size.widthPx * size.heightPx);
    // The scratch part of the frames' memory is too small for large results, so this thread's own memory is used.
    pixelMath().shrink(partsOf(place).planes.y, shape.layout, rect, rows, out, size);
    return out;
  });
}

export interface MotionTask {
  /** The previous frame, or its small picture if the frame is no longer in memory. */
  readonly earlier: SentPlace | Uint8Array;
  readonly place: SentPlace;
}

/**
 * Writes the motion from one small picture to the next into the later frame. Returns, for each frame, the share of
 * pixels that were not seen before.
 */
export function motion(tasks: readonly MotionTask[]): Answer<number[]> {
  return onFrames(tasks, ({ earlier, place }, { math, shape, partsOf }) => {
    const before = earlier instanceof Uint8Array ? earlier : partsOf(earlier).small;
    const { small, motion: found } = partsOf(place);
    return math.motion(before, small, shape.smallSize, 0, found);
  });
}

export interface ComposeTask {
  readonly place: SentPlace;
  readonly rect: RectPx;
  readonly matrix: YuvMatrix;
  readonly radiusPx: number;
  readonly saturation: number;
  /** Fields are separate pictures. */
  readonly interlaced: boolean;
}

/** Fills the chroma planes of frames from their colour. */
export function compose(tasks: readonly ComposeTask[]): Answer<unknown> {
  return onFrames(tasks, (task, { math, shape, partsOf }) => {
    const { place, rect, matrix, radiusPx, saturation, interlaced } = task;
    const { planes, small, color } = partsOf(place);
    const layout = { ...shape.layout, interlaced };
    const size = shape.smallSize;
    const job = { small, ab: color.ab, weight: color.weight, size, radiusPx, saturation };
    math.compose([{ planes, layout, rect }], job, matrix);
  });
}

function onFrames<Task extends { readonly place: SentPlace }, T>(
  tasks: readonly Task[],
  work: (task: Task, tools: FrameWork) => T,
): Answer<T[]> {
  const one = (task: Task): T => workOnFrames(task.place.memory, (tools) => work(task, tools));
  return unlessUnknown(() => timed(() => tasks.map(one)));
}

/** A camera's task in a message. */
export type SentLiveTask = LiveStepTask<SentMemory, SentMemory<LiveMemory>>;

/** One frame of a live camera. */
export function live(task: SentLiveTask): Answer<LiveStepResult> {
  return unlessUnknown(() => {
    const nowMs = performance.now();
    const whole = withMemories(
      task,
      (memory) => receivedMemory(memory, nowMs),
      (state) => receivedMemory(state, nowMs),
    );
    return timed(() => stepLive(whole));
  });
}

/** A picture that becomes a JPEG. */
export interface JpegTask<Memory = SharedArrayBuffer> {
  /** Y, Cb, Cr 4:2:0 of `size`. */
  readonly memory: Memory;
  readonly size: SizePx;
  /** As ffmpeg's `-q:v`. */
  readonly quality: number;
}

/** Makes a JPEG. */
export function jpeg({ memory, size, quality }: JpegTask<SentMemory>): Answer<Uint8Array> {
  return unlessUnknown(() => {
    const whole = receivedMemory(memory);
    return timed(() => encodeJpeg(whole, size, quality));
  });
}

function unlessUnknown<T>(work: () => Timed<T>): Answer<T> {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnknownMemory) return { wantsMemory: true };
    throw error;
  }
}

function timed<T>(work: () => T): Timed<T> {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
}
