import type { SizePx } from '../../../frame.ts';
import type { MotionArrays } from '../motion.ts';
import { newSharedMemory, type SharedMemory } from '../simd/kernels.ts';
import { roundUp } from '../simd/workspace.ts';
import type { ColorState } from '../steady.ts';

/**
 * What a live camera stores from frame to frame, at the network's size, in shared memory. Pixel threads use it
 * alternately, one frame at a time. Arrays are `[h * w]` unless stated otherwise.
 */
export interface LiveState {
  /** Full-range Y' of the last frame and of the previous one; `LiveMemory.flip` says which is which. */
  readonly smalls: readonly [Uint8Array, Uint8Array];
  /** The colour of the last frame and of the previous one. */
  readonly colors: readonly [ColorState, ColorState];
  /** Where each pixel was in the picture that the network works on, with the confidence (0..1). */
  readonly tracks: readonly [Track, Track];
  /** `[2 * h * w]` a*, b* of the still background by day. */
  readonly background: Float32Array;
  /** 0..1: how certain it is that a pixel has not moved recently. */
  readonly stillness: Float32Array;
  /** The motion from the previous frame to the last one. */
  readonly motion: MotionArrays;
}

export interface Track {
  readonly source: Int32Array;
  readonly confidence: Float32Array;
}

/** The memory of a camera's state. If the machine has the kernels, they run on it. */
export type LiveMemory = Pick<SharedMemory, 'buffer'> | SharedMemory;

/** Two colours with weights, two confidences, background, stillness, the confidence of the motion. */
const floatsPerPixel = 2 * 3 + 2 + 2 + 1 + 1;
/** Two small copies, and the sources of two tracks and of the motion. */
const bytesPerPixel = 2 + 4 * floatsPerPixel + 3 * 4;
const views = 14;
/** What the kernels need during a call: `halveColor` of arrays elsewhere, or the padded pictures of `motion`. */
const scratchPerPixel = 20;
const leastScratchBytes = 512 * 1024;
/** No array starts at address 0. */
const firstByte = 64;

/** Memory for a camera's state: 62 bytes per pixel, some 2.3 MB at 256 x 144, and 1.3 MB for the kernels. */
export function newLiveMemory(size: SizePx): LiveMemory {
  const scratchBytes = scratchPerPixel * size.widthPx * size.heightPx + leastScratchBytes;
  const shared = newSharedMemory(stateBytes(size) + scratchBytes);
  return shared ?? { buffer: new SharedArrayBuffer(stateBytes(size)) };
}

/** The bytes of a camera's state; in memory for the kernels, their scratch part follows. */
export function stateBytes(size: SizePx): number {
  return roundUp(firstByte + bytesPerPixel * size.widthPx * size.heightPx + views * roundUp(1));
}

/** Views of a camera's state. */
export function liveState({ buffer }: LiveMemory, size: SizePx): LiveState {
  const count = size.widthPx * size.heightPx;
  let offset = firstByte;
  const floats = (length: number): Float32Array => {
    const view = new Float32Array(buffer, offset, length);
    offset = roundUp(offset + view.byteLength);
    return view;
  };
  const integers = (): Int32Array => {
    const view = new Int32Array(buffer, offset, count);
    offset = roundUp(offset + view.byteLength);
    return view;
  };
  const bytes = (): Uint8Array => {
    const view = new Uint8Array(buffer, offset, count);
    offset = roundUp(offset + view.byteLength);
    return view;
  };
  const color = (): ColorState => ({ ab: floats(2 * count), weight: floats(count) });
  const track = (): Track => ({ source: integers(), confidence: floats(count) });
  return {
    colors: [color(), color()],
    tracks: [track(), track()],
    background: floats(2 * count),
    stillness: floats(count),
    motion: track(),
    smalls: [bytes(), bytes()],
  };
}

/** The network starts on the current frame, so each pixel is its own source. */
export function beginTrack(track: Track): void {
  for (let i = 0; i < track.source.length; i++) track.source[i] = i;
  track.confidence.fill(1);
}
