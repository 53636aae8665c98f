import type { SizePx } from '../../../frame.ts';
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
}

export interface Track {
  readonly source: Int32Array;
  readonly confidence: Float32Array;
}

const floatsPerPixel = 2 * 3 + 2 + 2 + 1; // two colours with weights, two confidences, background, stillness
const bytesPerPixel = 2 + 4 * floatsPerPixel + 2 * 4;

/** Memory for a camera's state: 54 bytes per pixel, some 2 MB at 256 x 144. */
export function newLiveMemory(size: SizePx): SharedArrayBuffer {
  return new SharedArrayBuffer(bytesPerPixel * size.widthPx * size.heightPx);
}

/** Views of a camera's state. */
export function liveState(memory: SharedArrayBuffer, size: SizePx): LiveState {
  const count = size.widthPx * size.heightPx;
  let offset = 0;
  const floats = (length: number): Float32Array => {
    const view = new Float32Array(memory, offset, length);
    offset += view.byteLength;
    return view;
  };
  const integers = (): Int32Array => {
    const view = new Int32Array(memory, offset, count);
    offset += view.byteLength;
    return view;
  };
  const bytes = (): Uint8Array => {
    const view = new Uint8Array(memory, offset, count);
    offset += view.byteLength;
    return view;
  };
  const color = (): ColorState => ({ ab: floats(2 * count), weight: floats(count) });
  const track = (): Track => ({ source: integers(), confidence: floats(count) });
  return {
    colors: [color(), color()],
    tracks: [track(), track()],
    background: floats(2 * count),
    stillness: floats(count),
    smalls: [bytes(), bytes()],
  };
}

/** The network starts on the current frame, so each pixel is its own source. */
export function beginTrack(track: Track): void {
  for (let i = 0; i < track.source.length; i++) track.source[i] = i;
  track.confidence.fill(1);
}
