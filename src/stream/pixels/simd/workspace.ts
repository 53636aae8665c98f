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

/** A result in the workspace's memory, and where the caller wants it. */
interface Result {
  readonly target: Numbers;
  readonly pointer: number;
}

/**
 * A memory that the kernels run on, and a part of it for what they need on the way.
 *
 * Arrays that lie in this memory are worked on where they are. Others are copied into the scratch part and back, which
 * small pictures hardly notice.
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
   * @param end - of the scratch part, bytes; undefined: it grows at the memory's end
   */
  constructor(memory: SharedMemory, start: number, end?: number) {
    this.kernels = kernelsOn(memory);
    this.#memory = memory;
    this.#start = start;
    this.#canGrow = end === undefined;
    this.#end = end ?? memory.buffer.byteLength;
    this.#next = start;
  }

  /** A workspace with a memory of its own; undefined where there are no kernels. */
  static own(): Workspace | undefined {
    const memory = newSharedMemory(pageBytes, mostPages * pageBytes);
    return memory && new Workspace(memory, firstByte);
  }

  /** Begins a call: the scratch part is free again. */
  begin(): void {
    this.#next = this.#start;
    this.#results.length = 0;
  }

  /** Ends a call: results go where the caller wants them. */
  finish(): void {
    for (const { target, pointer } of this.#results.splice(0)) {
      const bytes = new Uint8Array(this.#memory.buffer, pointer, target.byteLength);
      new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    }
  }

  /** Where an array's numbers lie; behind those that are copied there are some zeros. */
  input(array: Numbers): number {
    if (array.buffer === this.#memory.buffer) return array.byteOffset;
    const pointer = this.scratch(array.byteLength);
    const copy = new Uint8Array(this.#memory.buffer, pointer, array.byteLength + spareBytes);
    copy.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    copy.fill(0, array.byteLength);
    return pointer;
  }

  /** Where an array's numbers are to be written; `finish` brings them there. */
  output(array: Numbers): number {
    if (array.buffer === this.#memory.buffer) return array.byteOffset;
    const pointer = this.scratch(array.byteLength);
    this.#results.push({ target: array, pointer });
    return pointer;
  }

  /** Where an array's numbers are to be changed. */
  inOut(array: Numbers): number {
    const pointer = this.input(array);
    if (array.buffer !== this.#memory.buffer) this.#results.push({ target: array, pointer });
    return pointer;
  }

  /** Memory until the end of the call; kernels may read some bytes beyond it. @returns a multiple of 64 */
  scratch(bytes: number): number {
    const pointer = this.#next;
    this.#next = roundUp(pointer + bytes + spareBytes);
    if (this.#next > this.#end) this.#grow();
    return pointer;
  }

  #grow(): void {
    const missing = this.#next - this.#end;
    if (!this.#canGrow) throw new RangeError(`pixel workspace: ${missing} bytes are missing`);
    const growth = Math.max(missing, this.#end >> 1);
    this.#memory.grow(Math.ceil(growth / pageBytes));
    this.#end = this.#memory.buffer.byteLength;
  }
}

/** Nothing begins at address 0. */
const firstByte = 64;
/** A kernel reads whole vectors, so it may read beyond the last number. */
const spareBytes = 64;

/** The next multiple of a cache line. */
export function roundUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
