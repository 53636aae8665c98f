import { AppError } from '../../errors.ts';

/** Longest piece of a header, bytes; protects against a broken length. */
const maxPieceBytes = 1 << 20;

/** Chunks of bytes, each valid until the next request. */
export interface ByteSource extends AsyncIterable<Uint8Array> {
  /** Reads the next bytes straight into an array. Absent: they come in chunks. @returns how many; fewer at the end */
  readonly fill?: (target: Uint8Array) => Promise<number>;
}

/**
 * Reads single bytes, short pieces and long payloads from a stream of chunks without joining the chunks.
 * If the stream ends early, it throws AppError INPUT_DAMAGED with the bytes expected and got; it never returns a
 * short read.
 */
export class ByteReader {
  /** Number of bytes read so far. */
  position = 0;
  private chunk: Uint8Array = new Uint8Array(0);
  private offset = 0;
  private readonly chunks: ByteSource;
  private readonly source: AsyncIterator<Uint8Array>;

  /** @param chunks - read once; `close` closes it */
  constructor(chunks: ByteSource) {
    this.chunks = chunks;
    this.source = chunks[Symbol.asyncIterator]();
  }

  /** Closes the source early, which destroys the stream of a process. */
  async close(): Promise<void> {
    await this.source.return?.();
  }

  /** @returns whether the stream has ended */
  async isAtEnd(): Promise<boolean> {
    return !(await this.refill());
  }

  /** @throws {AppError} INPUT_DAMAGED at the end of the stream */
  async byte(): Promise<number> {
    if (this.offset === this.chunk.length && !(await this.refill())) throw tooShort(1, 0, this.position);
    const value = this.chunk[this.offset] ?? 0; // it is inside the chunk, because refill() saw a byte
    this.advance(1);
    return value;
  }

  /** @returns a new array of `sizeBytes` (at most 1 MiB) */
  async piece(sizeBytes: number): Promise<Uint8Array> {
    if (sizeBytes > maxPieceBytes) {
      throw damaged(
        `expected a header of at most ${maxPieceBytes} bytes but got ${sizeBytes}`,
        this.position,
      );
    }
    const bytes = new Uint8Array(sizeBytes);
    await this.readInto(bytes);
    return bytes;
  }

  /** Fills the whole target; each byte is copied once at most. */
  async readInto(target: Uint8Array): Promise<void> {
    let filled = this.takeFromChunk(target);
    while (filled < target.length) {
      const rest = target.subarray(filled);
      const more = this.chunks.fill ? await this.fill(rest) : await this.takeNext(rest);
      if (more === 0) throw tooShort(target.length, filled, this.position);
      filled += more;
    }
  }

  /** Skips bytes without keeping any. */
  async skip(sizeBytes: number): Promise<void> {
    let left = sizeBytes;
    while (left > 0) {
      if (!(await this.refill())) throw tooShort(sizeBytes, sizeBytes - left, this.position);
      const step = Math.min(left, this.chunk.length - this.offset);
      left -= step;
      this.advance(step);
    }
  }

  private async fill(target: Uint8Array): Promise<number> {
    const bytes = (await this.chunks.fill?.(target)) ?? 0;
    this.position += bytes;
    return bytes;
  }

  private async takeNext(target: Uint8Array): Promise<number> {
    return (await this.refill()) ? this.takeFromChunk(target) : 0;
  }

  /** @returns how many bytes the chunk had for the target */
  private takeFromChunk(target: Uint8Array): number {
    const part = this.chunk.subarray(this.offset, this.offset + target.length);
    target.set(part);
    this.advance(part.length);
    return part.length;
  }

  private advance(bytes: number): void {
    this.offset += bytes;
    this.position += bytes;
  }

  private async refill(): Promise<boolean> {
    while (this.offset === this.chunk.length) {
      const next = await this.source.next();
      if (next.done === true) return false;
      this.chunk = next.value;
      this.offset = 0;
    }
    return true;
  }
}

/** Makes the error for every fault in a NUT stream. */
export function damaged(problem: string, position: number, details: Record<string, unknown> = {}): AppError {
  return new AppError('INPUT_DAMAGED', `NUT stream at byte ${position}: ${problem}`, {
    details: { position, ...details },
  });
}

function tooShort(expected: number, got: number, position: number): AppError {
  return damaged(`it ends early, expected ${expected} more bytes but got ${got}`, position, {
    expectedBytes: expected,
    gotBytes: got,
  });
}
