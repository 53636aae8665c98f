import { join } from 'node:path';
import type { SampleAddress } from '../batch-order.ts';
import type { Sample } from './sample.ts';
import { ShardFile } from './shard-file.ts';

/** Above this many open files, the least recently used ones are closed. */
const maxOpen = 96;

/** The shards that an epoch is reading from. */
export class OpenShards implements AsyncDisposable {
  readonly #dir: string;
  /** the least recently used file comes first */
  readonly #open = new Map<string, Promise<ShardFile>>();

  /** @param dir - the set's folder */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Reads one sample, and opens its shard if necessary.
   * @throws {AppError} INPUT_MISSING, INPUT_DAMAGED
   */
  async read({ shard, record }: SampleAddress): Promise<Sample> {
    const { file } = shard;
    const known = this.#open.get(file) ?? ShardFile.open(join(this.#dir, file), shard);
    this.#open.delete(file);
    this.#open.set(file, known);
    return (await known).read(record);
  }

  /** Closes the least recently used files. No read may be in progress. */
  async closeUnused(): Promise<void> {
    for (const [file, opening] of this.#open) {
      if (this.#open.size <= maxOpen) return;
      this.#open.delete(file);
      await close(opening);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map(close));
  }
}

async function close(opening: Promise<ShardFile>): Promise<void> {
  const file = await opening.catch(() => undefined); // the reader has already seen why it did not open
  await file?.[Symbol.asyncDispose]();
}
