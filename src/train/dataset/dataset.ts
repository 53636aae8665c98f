import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { batchOf, type Batch } from './batch.ts';
import { BatchOrder, type EpochSeed, type SamplePlace } from './batch-order.ts';
import { readDatasetManifest, type DatasetManifest } from './manifest.ts';
import type { Sample, Split } from './shards/sample.ts';
import { ShardFile } from './shards/shard-file.ts';

/** Which batches are wanted, in which order. */
export interface BatchRequest extends EpochSeed {
  readonly split: Split;
  /** samples in a batch; the last batch of each shape may have fewer */
  readonly batchSize: number;
  /** batches at the epoch's start that are left out: they are not read; absent: 0 */
  readonly skip?: number;
}

/** A training set on the disk: TFRecord shards and their manifest. */
export interface Dataset {
  readonly manifest: DatasetManifest;
  /** How many batches an epoch has, `skip` not counted. */
  batchCount(request: Pick<BatchRequest, 'split' | 'batchSize'>): number;
  /**
   * The batches of one epoch: each sample once, in an order that depends on seed and epoch alone. In memory are the
   * batch at hand and the order of at most 8 shards of each shape.
   * @yields new batches the caller owns
   * @throws {AppError} INPUT_MISSING, INPUT_DAMAGED when a shard is missing, cut or changed
   */
  batches(request: BatchRequest): AsyncGenerator<Batch>;
}

/**
 * Opens a training set.
 * @param dir - a folder that `chromafeed dataset` has made
 * @throws {AppError} INPUT_MISSING when it holds no set; INPUT_DAMAGED when its manifest is faulty
 */
export async function openDataset(dir: string): Promise<Dataset> {
  const manifest = await readDatasetManifest(dir);
  const orderOf = (
    { split, batchSize }: Pick<BatchRequest, 'split' | 'batchSize'>,
    seed: EpochSeed,
  ): BatchOrder =>
    new BatchOrder(
      manifest.shards.filter((shard) => shard.split === split),
      checkBatchSize(batchSize),
      seed,
    );
  return {
    manifest,
    batchCount: (request) => orderOf(request, { seed: 0, epoch: 0 }).count,
    batches: (request) => readBatches(dir, orderOf(request, request), request.skip ?? 0),
  };
}

async function* readBatches(dir: string, order: BatchOrder, skip: number): AsyncGenerator<Batch> {
  await using shards = new OpenShards(dir);
  for (let number = skip; number < order.count; number++) {
    const samples = await Promise.all(order.batch(number).map((place) => shards.read(place)));
    await shards.closeUnused();
    yield batchOf(samples);
  }
}

/** More open files than this are closed again, the longest unused first: some windows of 8 shards each. */
const maxOpen = 96;

/** The shards that are read from at present. */
class OpenShards implements AsyncDisposable {
  readonly #dir: string;
  /** the longest unused first */
  readonly #open = new Map<string, Promise<ShardFile>>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  async read({ shard, record }: SamplePlace): Promise<Sample> {
    const { file } = shard;
    const known = this.#open.get(file) ?? ShardFile.open(join(this.#dir, file), shard);
    this.#open.delete(file);
    this.#open.set(file, known);
    return (await known).read(record);
  }

  /** Closes what was not read from for long; no read may be under way. */
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
  const file = await opening.catch(() => undefined); // whoever read from it has seen why it did not open
  await file?.[Symbol.asyncDispose]();
}

function checkBatchSize(batchSize: number): number {
  if (Number.isInteger(batchSize) && batchSize >= 1) return batchSize;
  throw new AppError('USAGE', `batch size: expected a whole number from 1 but got ${batchSize}`);
}
