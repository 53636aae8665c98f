import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFailure } from '../../../files/write-failure.ts';
import { ColorCounter } from '../prior.ts';
import { encodeSample } from './sample-record.ts';
import type { Sample } from './sample.ts';
import type { PlannedShard } from './shard-plan.ts';
import { frameRecord } from './tfrecord.ts';
import type { FinishedShard } from '../dataset-work.ts';

/**
 * Writes a shard. Its file gets its name only once it is complete and on disk.
 * @param dir - the set's folder
 * @param samples - in the plan's order
 * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE; what `samples` throws
 */
export async function writeShard(
  dir: string,
  { file, split, size }: PlannedShard,
  samples: AsyncIterable<Sample>,
): Promise<FinishedShard> {
  const path = join(dir, file);
  const hash = createHash('sha256');
  const colors = new ColorCounter();
  let [count, bytes] = [0, 0];
  await using output = await ShardOutput.open(dir, `${path}.partial`);
  for await (const sample of samples) {
    const record = frameRecord(encodeSample(sample));
    await output.write(record);
    hash.update(record);
    colors.add(sample.ab, sample.size);
    bytes += record.length;
    count++;
  }
  await output.finish(path);
  return {
    shard: { file, split, size, samples: count, bytes, sha256: hash.digest('hex') },
    prior: colors.prior(),
  };
}

/** A file in progress. Each failure names the folder that could not be written. */
class ShardOutput implements AsyncDisposable {
  readonly #dir: string;
  readonly #path: string;
  readonly #handle: Awaited<ReturnType<typeof open>>;

  private constructor(dir: string, path: string, handle: Awaited<ReturnType<typeof open>>) {
    this.#dir = dir;
    this.#path = path;
    this.#handle = handle;
  }

  static async open(dir: string, path: string): Promise<ShardOutput> {
    try {
      return new ShardOutput(dir, path, await open(path, 'w'));
    } catch (error) {
      throw writeFailure(dir, error);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#handle.writeFile(bytes).catch((error: unknown) => {
      throw writeFailure(this.#dir, error);
    });
  }

  async finish(path: string): Promise<void> {
    try {
      await this.#handle.datasync();
      await rename(this.#path, path);
    } catch (error) {
      throw writeFailure(this.#dir, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
