/** The memory of a film's frames, one piece for all frames, on which every pixel thread works without copies. */
import { lumaBytes, type SizePx } from '../../frame.ts';
import { frameBytes, framePlanes, type FrameLayout, type FramePlanes } from './compose.ts';
import type { MotionArrays } from './motion.ts';
import { newSharedMemory, type SharedMemory } from './simd/kernels.ts';
import { roundUp } from './simd/workspace.ts';
import type { ColorState } from './steady.ts';

/** What all frames of a film have in common. */
export interface FrameShape {
  readonly layout: FrameLayout;
  /** Of the network's picture. */
  readonly smallSize: SizePx;
}

/** The parts of one frame, as views of the memory. */
export interface FrameParts {
  /** The whole frame's bytes, in the encoder's layout. */
  readonly frame: Uint8Array;
  /** The luma plane's bytes. */
  readonly luma: Uint8Array;
  readonly planes: FramePlanes;
  /** The network's picture, full range, `[h * w]`. */
  readonly small: Uint8Array;
  /**
   * The motion from the previous frame. It and the two colours share memory with the chroma planes, which `compose`
   * fills last.
   */
  readonly motion: MotionArrays;
  /** Colour from the frames up to this one. */
  readonly carried: ColorState;
  /** The shown colour, from the frames before and after. */
  readonly color: ColorState;
}

/** Frames in one piece of memory. Plain data that is sent to the pixel threads. */
export interface FrameMemory {
  /** Unique in this process. */
  readonly id: number;
  readonly shape: FrameShape;
  /** The kernels run on it. Undefined without kernels, and if the frames are too large for it. */
  readonly shared: SharedMemory | undefined;
  /** Used instead of `shared`, for one frame. */
  readonly buffer: SharedArrayBuffer | undefined;
  /**
   * The number of scratch parts, one for each thread that works at the same time. The first belongs to the memory's
   * owner.
   */
  readonly slots: number;
  readonly slotBytes: number;
}

/** The position of a frame. */
export interface FramePlace {
  readonly memory: FrameMemory;
  /** Its first byte. */
  readonly at: number;
}

/** A position in a message. A thread that has already worked on the memory needs only its id. */
export interface SentPlace {
  readonly memory: FrameMemory | Pick<FrameMemory, 'id'>;
  readonly at: number;
}

let lastId = 0;

/**
 * Reserves positions for frames, in one piece of memory if possible. It does not write to the memory, so the system
 * provides it only when a frame is first used.
 * @param threads - the number of threads that work on the frames at the same time
 */
export function allocateFrames(
  { layout, smallSize }: FrameShape,
  count: number,
  threads: number,
): () => FramePlace {
  const shape = { layout, smallSize };
  const slots = threads + 1;
  const slotBytes = scratchBytes(shape);
  const first = headBytes + slots * slotBytes;
  const step = partOffsets(shape).end;
  const shared = newSharedMemory(first + count * step);
  if (!shared) return () => ownPlace(shape);
  const memory = { id: ++lastId, shape, shared, buffer: undefined, slots, slotBytes };
  let used = 0;
  return () => ({ memory, at: first + used++ * step });
}

/** Makes the threads release a memory. */
export function endFrames(memory: FrameMemory): void {
  if (memory.shared) Atomics.store(slotFlags(memory.shared.buffer, memory), 0, 1);
}

/** A frame in its own memory. */
function ownPlace(shape: FrameShape): FramePlace {
  const buffer = new SharedArrayBuffer(partOffsets(shape).end);
  return { memory: { id: ++lastId, shape, shared: undefined, buffer, slots: 0, slotBytes: 0 }, at: 0 };
}

/** An i32 for each scratch part says whether it is in use. The owner's i32 says that the film has ended. */
const headBytes = 4096;
/** Those flags. */
export function slotFlags(buffer: SharedArrayBuffer, { slots }: FrameMemory): Int32Array {
  return new Int32Array(buffer, 0, slots);
}

/** The first and the last byte of a thread's scratch part. */
export function slotRange({ slotBytes }: FrameMemory, slot: number): { start: number; end: number } {
  const start = headBytes + slot * slotBytes;
  return { start, end: start + slotBytes };
}

/** More than any kernel needs for frames of this shape. */
function scratchBytes({ layout, smallSize }: FrameShape): number {
  const small = (smallSize.widthPx + 64) * (smallSize.heightPx + 64);
  return roundUp(256 * 1024 + 48 * small + 160 * (layout.widthPx + smallSize.widthPx));
}

/** Views of a frame's parts. */
export function frameParts(buffer: SharedArrayBuffer, at: number, shape: FrameShape): FrameParts {
  const { layout, smallSize } = shape;
  const count = smallSize.widthPx * smallSize.heightPx;
  const offsets = partOffsets(shape);
  const floats = (offset: number, length: number): Float32Array =>
    new Float32Array(buffer, at + offset, length);
  const color = (offset: number): ColorState => ({
    ab: floats(offset, 2 * count),
    weight: floats(offset + 8 * count, count),
  });
  return {
    frame: new Uint8Array(buffer, at, frameBytes(layout)),
    luma: new Uint8Array(buffer, at, lumaBytes(layout)),
    planes: framePlanes(buffer, layout, at),
    small: new Uint8Array(buffer, at + offsets.small, count),
    motion: {
      source: new Int32Array(buffer, at + offsets.motion, count),
      confidence: floats(offsets.motion + 4 * count, count),
    },
    carried: color(offsets.carried),
    color: color(offsets.color),
  };
}

/**
 * The start of each part, bytes from the start of the frame. Kernels may read a little beyond each part. A frame has
 * motion and colour until it is composed, and chroma from then on, so they share memory. The source's own chroma is in
 * the same memory before both.
 */
function partOffsets({ layout, smallSize }: FrameShape): {
  small: number;
  motion: number;
  carried: number;
  color: number;
  end: number;
} {
  const count = smallSize.widthPx * smallSize.heightPx;
  const motion = roundUp(lumaBytes(layout));
  const carried = motion + roundUp(8 * count + 64);
  const color = carried + roundUp(12 * count + 64);
  const small = Math.max(color + roundUp(12 * count + 64), roundUp(frameBytes(layout) + 64));
  return { small, motion, carried, color, end: small + roundUp(count + 64) };
}
