import type { DropCause } from './camera-status.ts';
import type { SizePx } from '../../frame.ts';
import type { NutBuffer } from '../nut/demuxer.ts';
import type { Clock } from './clock.ts';
import { reducedSidePx } from './live-args.ts';
import type { LiveBuffers, LiveFrame } from './live-feed.ts';
import { TokenBucket } from './token-bucket.ts';

export interface IntakeOptions<T extends NutBuffer> {
  /** The most frames per second. */
  readonly fps: number;
  /** Cb and Cr follow the luma, 4:2:0. */
  readonly hasChroma: boolean;
  /** ffmpeg scales the picture down until its short side has `reducedSidePx`. */
  readonly isReduced: boolean;
  readonly buffers: LiveBuffers<T>;
  readonly clock: Clock;
  /** Takes ownership of the frame's buffer. */
  readonly onFrame: (frame: LiveFrame<T>) => void;
  readonly onDrop: (cause: DropCause, count: number) => void;
}

/** The buffer for a frame: the receiver's, or one that is thrown away. */
export interface FrameSlot<T extends NutBuffer> extends NutBuffer {
  /** undefined: the frame is above the limit of frames per second. */
  readonly buffer: T | undefined;
}

/** After a pause of the network, frames come in a burst; a burst of this length passes. */
const burstS = 0.5;
/** If only one frame could pass at a time, a late frame would cost part of a frame time. */
const leastBurst = 2;

/** Numbers the frames of a feed across all its connections, gets memory for them, and drops those above the limit. */
export class FrameIntake<T extends NutBuffer> {
  /** Frames of the last second of this connection. */
  saturation: number | undefined;
  /** The size of the source's picture; undefined until it is known, and if its pixels are not square. */
  source: SizePx | undefined;
  private readonly options: IntakeOptions<T>;
  private readonly cap: TokenBucket;
  private size: SizePx = { widthPx: 0, heightPx: 0 };
  private bin = new Uint8Array(0);
  private next = 0;

  constructor(options: IntakeOptions<T>) {
    this.options = options;
    this.cap = new TokenBucket(options.fps, Math.max(leastBurst, options.fps * burstS));
  }

  /** Called when a connection has announced its size. */
  connected(size: SizePx): void {
    this.size = size;
    this.saturation = undefined;
    this.bin = new Uint8Array(0);
  }

  /** Whether the source is known to be so small that reduced frames are whole. */
  get isSmall(): boolean {
    return this.source !== undefined && shortSide(this.source) <= reducedSidePx;
  }

  /** Whether a frame with this many bytes has the size that the connection announced. */
  fits(sizeBytes: number): boolean {
    const luma = this.size.widthPx * this.size.heightPx;
    return sizeBytes === (this.options.hasChroma ? luma * 1.5 : luma);
  }

  /** Called when a frame begins. `complete`, `abandon` or `discard` returns the slot. */
  begin(sizeBytes: number): FrameSlot<T> {
    const { buffers, clock, onDrop } = this.options;
    const fits = this.fits(sizeBytes);
    if (fits && this.cap.take(clock.nowMs())) {
      const buffer = buffers.acquire(sizeBytes);
      return { data: buffer.data, buffer };
    }
    onDrop(fits ? 'rate' : 'damaged', 1);
    if (this.bin.length !== sizeBytes) this.bin = new Uint8Array(sizeBytes);
    return { data: this.bin, buffer: undefined };
  }

  /** The whole frame has been read. */
  complete({ buffer }: FrameSlot<T>): void {
    const { size, saturation } = this;
    const sequence = this.next++;
    if (buffer === undefined) return;
    const { hasChroma, clock, onFrame } = this.options;
    const isReduced = this.options.isReduced && !this.isSmall && shortSide(size) === reducedSidePx;
    onFrame({ buffer, size, sequence, saturation, hasChroma, isReduced, capturedMs: clock.nowMs() });
  }

  /** The frame was incomplete. */
  abandon(slot: FrameSlot<T>): void {
    if (slot.buffer !== undefined) this.options.onDrop('damaged', 1);
    this.discard(slot);
  }

  /** The frame is no longer wanted. */
  discard({ buffer }: FrameSlot<T>): void {
    this.next++;
    if (buffer !== undefined) this.options.buffers.release(buffer);
  }
}

function shortSide({ widthPx, heightPx }: SizePx): number {
  return Math.min(widthPx, heightPx);
}
