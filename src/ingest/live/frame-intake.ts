import type { DropCause } from './camera-status.ts';
import type { SizePx } from '../../frame.ts';
import type { NutBuffer } from '../nut/demuxer.ts';
import type { Clock } from './clock.ts';
import type { LiveBuffers, LiveFrame } from './live-feed.ts';
import { TokenBucket } from './token-bucket.ts';

export interface IntakeOptions<T extends NutBuffer> {
  /** The most frames per second. */
  readonly fps: number;
  /** Cb and Cr follow the luma, 4:2:0. */
  readonly hasChroma: boolean;
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
    onFrame({ buffer, size, sequence, saturation, hasChroma, capturedMs: clock.nowMs() });
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
