import { AppError } from '../../errors.ts';

/** Longest piece of a header, bytes; protects against a broken length. */
const maxPieceBytes = 1 << 20;

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
  private readonly source: AsyncIterator<Uint8Array>;

  /** @param chunks - read once; `close` closes it */
  constructor(chunks: AsyncIterable<Uint8Array>) {
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
    const value = this.chunk[this.offset] ?? 0; // inside the chunk: refill() saw a byte
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

  /** Fills the whole target; each byte is copied once. */
  async readInto(target: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < target.length) {
      if (!(await this.refill())) throw tooShort(target.length, filled, this.position);
      const part = this.chunk.subarray(this.offset, this.offset + target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.advance(part.length);
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
