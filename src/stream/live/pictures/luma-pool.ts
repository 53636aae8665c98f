/** Memory for one frame's luma, and its chroma if it has any; `data` is where ingest writes. */
export interface LumaBuffer {
  readonly memory: SharedArrayBuffer;
  readonly data: Uint8Array;
}

/**
 * Buffers for a camera's frames. How many are out is bounded by who holds them: one is being read, one waits, one is
 * being coloured, one is the last picture.
 */
export class LumaPool {
  private free: LumaBuffer[] = [];
  private bytes = 0;

  /** A buffer for a frame of this many bytes; its content is whatever was there. */
  acquire(bytes: number): LumaBuffer {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.free = [];
    }
    const known = this.free.pop();
    if (known) return known;
    const memory = new SharedArrayBuffer(bytes);
    return { memory, data: new Uint8Array(memory) };
  }

  /** Gives a buffer back; one of an earlier size is let go. */
  release(buffer: LumaBuffer): void {
    if (buffer.data.length === this.bytes) this.free.push(buffer);
  }
}
