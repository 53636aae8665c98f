import { createReadStream, type ReadStream } from 'node:fs';
import { AppError } from '../../../errors.ts';
import type { Sample } from './sample.ts';
import { decodeSample } from './sample-record.ts';
import { checkedData, dataLength, recordFooterBytes, recordHeaderBytes } from './tfrecord.ts';

/**
 * Reads a shard from start to end. Memory holds at most two records.
 * @param path - of a TFRecord file
 * @yields samples; the caller owns them
 * @throws {AppError} INPUT_MISSING; INPUT_DAMAGED with the record and its position, if the file is cut or changed
 */
export async function* readShard(path: string): AsyncGenerator<Sample> {
  let number = 0;
  for await (const data of readRecords(path)) yield decodeSample(data, `${path}: record ${number++}`);
}

/**
 * Reads the records of a TFRecord file.
 * @yields each record's data, a new array that the caller owns
 * @throws {AppError} as `readShard`
 */
async function* readRecords(path: string): AsyncGenerator<Uint8Array> {
  using intake = new Intake(path);
  for (let number = 0; ; number++) {
    const at = `${path}: record ${number} at byte ${intake.position}`;
    const header = await intake.take(recordHeaderBytes);
    if (header.length === 0) return;
    const bodyBytes = bodyLength(header, at);
    const body = await intake.take(bodyBytes);
    if (body.length < bodyBytes) throw cutShort(at, bodyBytes, body.length);
    yield wholeData(body, at);
  }
}

/**
 * Bytes of data and footer that follow a header.
 * @param at - the record, for messages
 * @throws {AppError} INPUT_DAMAGED
 */
export function bodyLength(header: Uint8Array, at: string): number {
  if (header.length < recordHeaderBytes) throw cutShort(at, recordHeaderBytes, header.length);
  const length = dataLength(header);
  if (length === undefined) throw damaged(`${at}: its length does not match the stored checksum`);
  return length + recordFooterBytes;
}

/**
 * A record's data, checked.
 * @param body - data and footer
 * @throws {AppError} INPUT_DAMAGED
 */
export function wholeData(body: Uint8Array, at: string): Uint8Array {
  const data = checkedData(body);
  if (data === undefined) throw damaged(`${at}: its data do not match the stored checksum`);
  return data;
}

/** What to do about a shard that is damaged. */
export const makeShardAnew =
  'delete the file and repeat the `chromafeed dataset` that made it: it makes the missing parts of the set again';

/** A record that ends before its time. */
export function cutShort(at: string, expected: number, got: number): AppError {
  return damaged(`${at}: expected ${expected} more bytes but the file ends after ${got}`);
}

function damaged(message: string): AppError {
  return new AppError('INPUT_DAMAGED', message, {
    cure: makeShardAnew,
  });
}

/** Reads a file in pieces of any size. */
class Intake implements Disposable {
  position = 0;
  readonly #path: string;
  readonly #stream: ReadStream;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
    this.#stream = createReadStream(path, { highWaterMark: 256 * 1024 });
    this.#chunks = (this.#stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** @returns `count` bytes, a new array; fewer at the file's end */
  async take(count: number): Promise<Uint8Array> {
    const parts: Buffer[] = [];
    let filled = 0;
    for (;;) {
      const part = this.#rest.subarray(0, count - filled);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      filled += part.length;
      if (filled === count || !(await this.#refill())) break;
    }
    this.position += filled;
    return Uint8Array.from(parts.length === 1 ? (parts[0] ?? []) : Buffer.concat(parts));
  }

  /** Closes the file, also for a reader that stops early. */
  [Symbol.dispose](): void {
    this.#stream.destroy();
  }

  async #refill(): Promise<boolean> {
    try {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#rest = next.value;
      return true;
    } catch (cause) {
      throw new AppError('INPUT_MISSING', `${this.#path}: can't be read (${(cause as Error).message})`, {
        cure: 'check the name and the permissions',
        cause,
      });
    }
  }
}
