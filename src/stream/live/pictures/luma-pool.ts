/** Memory for one frame's luma, and for its chroma if it has any. Ingest writes into `data`. */
export interface LumaBuffer {
  readonly memory: SharedArrayBuffer;
  readonly data: Uint8Array;
}

/**
 * Buffers for a camera's frames. At most four are in use: one is being read, one waits, one is being coloured, and one
 * is the last picture.
 */
export class LumaPool {
  private free: LumaBuffer[] = [];
  private bytes = 0;

  /** Returns a buffer for a frame of this many bytes. Its content is undefined. */
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

  /** Takes a buffer back. It drops a buffer that has an earlier size. */
  release(buffer: LumaBuffer): void {
    if (buffer.data.length === this.bytes) this.free.push(buffer);
  }
}
