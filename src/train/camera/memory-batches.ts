import type { BatchSource, Batch } from '../learn/batch.ts';
import { assemble } from '../features/cached-batches.ts';
import type { RecordShape } from '../features/feature-record.ts';
import { randomFrom, shuffle } from '../random.ts';

export interface MemoryBatchesOptions {
  readonly shape: RecordShape;
  /** rows and columns of a record's a*, b* */
  readonly grid: readonly [number, number];
  readonly batchSize: number;
  readonly seed: number;
}

/** Batches of packed records that fit in memory: a few hundred pictures of one camera. */
export class MemoryBatches implements BatchSource {
  readonly #records: readonly Buffer[];
  readonly #options: MemoryBatchesOptions;

  constructor(records: readonly Buffer[], options: MemoryBatchesOptions) {
    this.#records = records;
    this.#options = options;
  }

  get samplesPerEpoch(): number {
    return this.#records.length;
  }

  get batchesPerEpoch(): number {
    return Math.ceil(this.#records.length / this.#options.batchSize);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- other implementations read from disk
  async *batches(epoch: number, skip: number): AsyncGenerator<Batch> {
    const { batchSize, seed, shape, grid } = this.#options;
    const order = shuffle([...this.#records], randomFrom(seed, epoch).uniform);
    for (let batch = skip; batch < this.batchesPerEpoch; batch++)
      yield assemble(order.slice(batch * batchSize, (batch + 1) * batchSize), shape, grid);
  }
}
