import {
  kernelsOn,
  mostPages,
  newSharedMemory,
  pageBytes,
  type Kernels,
  type SharedMemory,
} from './kernels.ts';

/** Arrays that kernels read and write. */
type Numbers = Uint8Array | Uint16Array | Int16Array | Int32Array | Float32Array;

/** A result in the workspace's memory, and the caller's array for it. */
interface Result {
  readonly target: Numbers;
  readonly pointer: number;
}

/**
 * A memory on which the kernels run, with a scratch part for what they need during a call.
 *
 * Arrays in this memory are used in place. Others are copied into the scratch part and back, which costs little for
 * small pictures.
 */
export class Workspace {
  readonly kernels: Kernels;
  readonly #memory: SharedMemory;
  readonly #start: number;
  readonly #canGrow: boolean;
  #end: number;
  #next: number;
  readonly #results: Result[] = [];

  /**
   * @param start - of the scratch part, bytes
   * @param end - of the scratch part, bytes; undefined: it grows with the memory
   */
  constructor(memory: SharedMemory, start: number, end?: number) {
    this.kernels = kernelsOn(memory);
    this.#memory = memory;
    this.#start = start;
    this.#canGrow = end === undefined;
    this.#end = end ?? memory.buffer.byteLength;
    this.#next = start;
  }

  /** A workspace with its own memory; undefined if there are no kernels. */
  static own(): Workspace | undefined {
    const memory = newSharedMemory(pageBytes, mostPages * pageBytes);
    return memory && new Workspace(memory, firstByte);
  }

  /** Starts a call: the scratch part is free again. */
  begin(): void {
    this.#next = this.#start;
    this.#results.length = 0;
  }

  /** Ends a call: copies results into the caller's arrays. */
  finish(): void {
    for (const { target, pointer } of this.#results.splice(0)) {
      const bytes = new Uint8Array(this.#memory.buffer, pointer, target.byteLength);
      new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    }
  }

  /** The position of an array's numbers. Some zeros follow copied ones. */
  input(array: Numbers): number {
    if (array.buffer === this.#memory.buffer) return array.byteOffset;
    const pointer = this.scratch(array.byteLength);
    const copy = new Uint8Array(this.#memory.buffer, pointer, array.byteLength + spareBytes);
    copy.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    copy.fill(0, array.byteLength);
    return pointer;
  }

  /** The position for the numbers of a result array; `finish` copies them into the array. */
  output(array: Numbers): number {
    if (array.buffer === this.#memory.buffer) return array.byteOffset;
    const pointer = this.scratch(array.byteLength);
    this.#results.push({ target: array, pointer });
    return pointer;
  }

  /** The position of an array's numbers that a kernel changes. */
  inOut(array: Numbers): number {
    const pointer = this.input(array);
    if (array.buffer !== this.#memory.buffer) this.#results.push({ target: array, pointer });
    return pointer;
  }

  /** Reserves memory until the end of the call. Kernels may read some bytes beyond it. @returns a multiple of 64 */
  scratch(bytes: number): number {
    const pointer = this.#next;
    this.#next = roundUp(pointer + bytes + spareBytes);
    if (this.#next > this.#end) this.#grow();
    return pointer;
  }

  /** Bytes of the memory; valid until it grows. */
  view(pointer: number, bytes: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, bytes);
  }

  #grow(): void {
    const missing = this.#next - this.#end;
    if (!this.#canGrow) throw new RangeError(`pixel workspace: ${missing} bytes are missing`);
    const growth = Math.max(missing, this.#end >> 1);
    this.#memory.grow(Math.ceil(growth / pageBytes));
    this.#end = this.#memory.buffer.byteLength;
  }
}

/** No array starts at address 0. */
const firstByte = 64;
/** A kernel reads whole vectors, so it may read beyond the last number. */
const spareBytes = 64;

/** The next multiple of a cache line. */
export function roundUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
