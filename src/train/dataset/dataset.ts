import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { BatchOrder, type EpochSeed } from './batch-order.ts';
import { readDatasetManifest, type DatasetManifest } from './dataset-manifest.ts';
import { OpenShards } from './shards/open-shards.ts';
import { checkOneShape } from './shards/one-shape.ts';
import type { Sample, Split } from './shards/sample.ts';
import { readShard } from './shards/shard-reader.ts';

/** Which batches to read, in which order. */
export interface BatchRequest extends EpochSeed {
  readonly split: Split;
  /** samples per batch; the last batch of each shape may have fewer */
  readonly batchSize: number;
  /** number of batches to skip at the epoch's start without reading them; default 0 */
  readonly skip?: number;
}

/** A training set on disk: TFRecord shards and their manifest. */
export class Dataset {
  readonly dir: string;
  readonly manifest: DatasetManifest;

  constructor(dir: string, manifest: DatasetManifest) {
    this.dir = dir;
    this.manifest = manifest;
  }

  /** How many batches an epoch has, before any are skipped. */
  batchCount({ split, batchSize }: Pick<BatchRequest, 'split' | 'batchSize'>): number {
    return this.#orderOf({ split, batchSize, seed: 0, epoch: 0 }).count;
  }

  /**
   * Reads the batches of one epoch: each sample once, in an order that depends only on seed and epoch. Memory holds the
   * current batch and the order of at most 8 shards of each shape.
   * @yields samples of one shape; the caller owns them
   * @throws {AppError} USAGE for a batch size below 1; INPUT_MISSING, INPUT_DAMAGED if a shard is missing, cut or
   *   changed
   */
  async *batches(request: BatchRequest): AsyncGenerator<readonly Sample[]> {
    const order = this.#orderOf(request);
    await using shards = new OpenShards(this.dir);
    for (let number = request.skip ?? 0; number < order.count; number++) {
      const samples = await Promise.all(order.batch(number).map((address) => shards.read(address)));
      await shards.closeUnused();
      checkOneShape(samples);
      yield samples;
    }
  }

  /**
   * Reads all samples of a split, always in the same order.
   * @yields samples; the caller owns them
   * @throws {AppError} INPUT_MISSING, INPUT_DAMAGED
   */
  async *samples(split: Split): AsyncGenerator<Sample> {
    for (const { file } of this.#shardsOf(split)) yield* readShard(join(this.dir, file));
  }

  /**
   * Reads some samples, spread evenly over a split. Each shard holds one shape, and the samples should have all shapes.
   * @param count - at most
   * @returns samples the caller owns
   */
  async spreadSamples(split: Split, count: number): Promise<Sample[]> {
    const step = Math.max(1, this.manifest.samples[split] / count);
    const chosen: Sample[] = [];
    let number = 0;
    for await (const sample of this.samples(split)) {
      if (number++ >= chosen.length * step && chosen.length < count) chosen.push(sample);
    }
    return chosen;
  }

  #orderOf({ split, batchSize, seed, epoch }: BatchRequest): BatchOrder {
    return new BatchOrder(this.#shardsOf(split), checkBatchSize(batchSize), { seed, epoch });
  }

  #shardsOf(split: Split): DatasetManifest['shards'] {
    return this.manifest.shards.filter((shard) => shard.split === split);
  }
}

/**
 * Opens a training set.
 * @param dir - a folder that `chromafeed dataset` has made
 * @throws {AppError} INPUT_MISSING if it holds no set; INPUT_DAMAGED if its manifest is faulty
 */
export async function openDataset(dir: string): Promise<Dataset> {
  return new Dataset(dir, await readDatasetManifest(dir));
}

function checkBatchSize(batchSize: number): number {
  if (Number.isInteger(batchSize) && batchSize >= 1) return batchSize;
  throw new AppError('USAGE', `batch size: expected a whole number from 1 but got ${batchSize}`);
}
