import { AppError } from '../../errors.ts';
import { lumaBytes } from '../../frame.ts';
import { frameBytes, framePlanes, type FrameLayout, type FramePlanes } from '../pixels/compose.ts';

/** A buffer for one whole output frame. The decoder writes into `luma`, the encoder reads `frame`. */
export interface FrameBuffer {
  readonly memory: SharedArrayBuffer;
  /** The luma plane's bytes. */
  readonly luma: Uint8Array;
  /** The whole frame's bytes, as the encoder reads them. */
  readonly frame: Uint8Array;
  readonly planes: FramePlanes;
}

/**
 * All memory for the frames of a film: a fixed number of buffers that are used again and again. The reader waits here
 * until a buffer is free, so the size of the pool limits every later queue.
 */
export class FramePool {
  readonly capacity: number;
  private readonly layout: FrameLayout;
  private readonly free: FrameBuffer[] = [];
  private readonly waiting: { resolve: (buffer: FrameBuffer) => void; reject: (error: Error) => void }[] = [];
  private made = 0;
  /** The most buffers in use at the same time. */
  mostInUse = 0;
  private closed: AppError | undefined;

  constructor(layout: FrameLayout, capacity: number) {
    this.layout = layout;
    this.capacity = capacity;
  }

  /** Resolves to a free buffer, which still contains an old frame. Rejects once the pool is closed. */
  acquire(): Promise<FrameBuffer> {
    if (this.closed) return Promise.reject(this.closed);
    const buffer = this.free.pop() ?? this.makeBuffer();
    if (buffer) {
      this.mostInUse = Math.max(this.mostInUse, this.made - this.free.length);
      return Promise.resolve(buffer);
    }
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** Takes back a buffer; the caller must not use it afterwards. */
  release(buffer: FrameBuffer): void {
    const next = this.waiting.shift();
    if (next) next.resolve(buffer);
    else this.free.push(buffer);
  }

  /** Ends every wait; called when the pipeline fails or is stopped. */
  close(): void {
    this.closed = new AppError('INTERRUPTED', 'frame pool: the pipeline has ended');
    for (const { reject } of this.waiting.splice(0)) reject(this.closed);
  }

  /** A new buffer, if the pool may still grow. */
  private makeBuffer(): FrameBuffer | undefined {
    if (this.made >= this.capacity) return undefined;
    this.made++;
    const memory = new SharedArrayBuffer(frameBytes(this.layout));
    return {
      memory,
      luma: new Uint8Array(memory, 0, lumaBytes(this.layout)),
      frame: new Uint8Array(memory),
      planes: framePlanes(memory, this.layout),
    };
  }
}
