import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../../../errors.ts';
import type { Shard } from '../dataset-manifest.ts';
import type { Sample } from './sample.ts';
import { decodeSample } from './sample-record.ts';
import { bodyLength, cutShort, makeShardAnew, wholeData } from './shard-reader.ts';
import { recordHeaderBytes } from './tfrecord.ts';

/**
 * A shard that is open for reading single records. It checks each record's checksum and keeps 8 bytes per record in
 * memory.
 */
export class ShardFile implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** where each record begins, bytes */
  readonly #starts: Float64Array;

  private constructor(path: string, handle: FileHandle, starts: Float64Array) {
    this.#path = path;
    this.#handle = handle;
    this.#starts = starts;
  }

  /**
   * Opens a shard and finds its records by their lengths, without reading their data.
   * @param path - of its file
   * @param shard - its entry in the manifest
   * @throws {AppError} INPUT_MISSING; INPUT_DAMAGED if the file does not match the manifest
   */
  static async open(path: string, shard: Shard): Promise<ShardFile> {
    const handle = await open(path).catch((cause: unknown) => {
      throw new AppError(
        'INPUT_MISSING',
        `${path}: expected a shard of the set (${(cause as Error).message})`,
        { cure: makeShardAnew, cause },
      );
    });
    try {
      return new ShardFile(path, handle, await findRecords(path, handle, shard));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * @param number - of the record, from 0
   * @returns the sample; the caller owns it
   * @throws {AppError} INPUT_DAMAGED
   */
  async read(number: number): Promise<Sample> {
    const start = this.#starts[number];
    const end = this.#starts[number + 1];
    if (start === undefined || end === undefined) throw new RangeError(`${this.#path}: no record ${number}`);
    const at = `${this.#path}: record ${number} at byte ${start}`;
    const body = await readAt(this.#handle, start + recordHeaderBytes, end - start - recordHeaderBytes, at);
    return decodeSample(wholeData(body, at), at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function findRecords(path: string, handle: FileHandle, shard: Shard): Promise<Float64Array> {
  const starts = new Float64Array(shard.samples + 1);
  let position = 0;
  for (let number = 0; number < shard.samples; number++) {
    const at = `${path}: record ${number} at byte ${position}`;
    const header = await readAt(handle, position, recordHeaderBytes, at);
    position += recordHeaderBytes + bodyLength(header, at);
    starts[number + 1] = position;
  }
  const { size } = await handle.stat();
  if (size === position && size === shard.bytes) return starts;
  throw new AppError(
    'INPUT_DAMAGED',
    `${path}: expected ${shard.samples} records of ${shard.bytes} bytes but got ${size} bytes,` +
      ` of which those records take ${position}`,
    { cure: makeShardAnew },
  );
}

async function readAt(handle: FileHandle, position: number, length: number, at: string): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, position);
  if (bytesRead < length) throw cutShort(at, length, bytesRead);
  return buffer;
}
