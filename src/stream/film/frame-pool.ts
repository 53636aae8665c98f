import { AppError } from '../../errors.ts';
import {
  allocateFrames,
  endFrames,
  frameParts,
  type FrameMemory,
  type FrameParts,
  type FramePlace,
  type FrameShape,
} from '../pixels/frame-memory.ts';
import { ownersMath } from '../pixels/frame-work.ts';
import type { PixelMath } from '../pixels/pixel-math.ts';

/** A buffer for one whole output frame. The decoder writes into `luma`, the encoder reads `frame`. */
export interface FrameBuffer extends FrameParts {
  /** Its position, for the pixel threads. */
  readonly place: FramePlace;
}

/**
 * All memory for the frames of a film: a fixed number of buffers that are used again and again. The reader waits here
 * until a buffer is free, so the size of the pool limits every later queue.
 */
export class FramePool {
  readonly capacity: number;
  /** For work on the frames in the thread that made the pool. */
  readonly math: PixelMath;
  readonly #shape: FrameShape;
  readonly #nextPlace: () => FramePlace;
  readonly #memory: FrameMemory;
  readonly #free: FrameBuffer[] = [];
  readonly #waiting: { resolve: (buffer: FrameBuffer) => void; reject: (error: Error) => void }[] = [];
  #made = 0;
  /** The most buffers in use at the same time. */
  mostInUse = 0;
  #closed: AppError | undefined;

  /** @param threads - pixel threads that work on the frames */
  constructor(
    shape: FrameShape,
    { capacity, threads }: { readonly capacity: number; readonly threads: number },
  ) {
    this.capacity = capacity;
    this.#shape = shape;
    this.#nextPlace = allocateFrames(shape, capacity, threads);
    const first = this.#makeBuffer();
    this.#free.push(first);
    this.#memory = first.place.memory;
    this.math = ownersMath(this.#memory);
  }

  /** Resolves to a free buffer, which still contains an old frame. Rejects once the pool is closed. */
  acquire(): Promise<FrameBuffer> {
    if (this.#closed) return Promise.reject(this.#closed);
    const buffer = this.#free.pop() ?? (this.#made < this.capacity ? this.#makeBuffer() : undefined);
    if (buffer) {
      this.mostInUse = Math.max(this.mostInUse, this.#made - this.#free.length);
      return Promise.resolve(buffer);
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Takes back a buffer; the caller must not use it afterwards. */
  release(buffer: FrameBuffer): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(buffer);
    else this.#free.push(buffer);
  }

  /** Ends every wait, and makes the pixel threads release the frames. */
  close(): void {
    endFrames(this.#memory);
    this.#closed = new AppError('INTERRUPTED', 'frame pool: the pipeline has ended');
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed);
  }

  #makeBuffer(): FrameBuffer {
    this.#made++;
    const place = this.#nextPlace();
    const buffer = place.memory.shared?.buffer ?? place.memory.buffer;
    if (!buffer) throw new RangeError('expected the memory of a frame but got none');
    return { ...frameParts(buffer, place.at, this.#shape), place };
  }
}
