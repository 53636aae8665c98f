import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { prepareOnnxEnvironment } from '../../model/onnx/onnx-environment.ts';
import type { Batch } from '../dataset/batch.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { BatchSource, TrainingBatch } from '../learn/batch.ts';
import type { LiveTask } from './live-worker.ts';

export interface LiveBatchesOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** luma pixels that one place of the network's answer spans */
  readonly stride: number;
  /** how strongly pictures are varied; 0: not at all */
  readonly strength: number;
}

/** A GPU learns from a batch faster than one thread varies it; more than these would only hold memory. */
const maxThreads = 4;

/**
 * Batches straight from a set's shards, for a network of which nothing is frozen. Each picture is varied anew each
 * epoch, in threads of its own: they work on the batches to come while this one is learnt from.
 */
export class LiveBatches implements BatchSource, AsyncDisposable {
  readonly #set: Dataset;
  readonly #options: LiveBatchesOptions;
  readonly #pool: Piscina;
  readonly #threads: number;

  constructor(
    set: Dataset,
    options: LiveBatchesOptions,
    threads = Math.min(maxThreads, Math.max(1, availableParallelism() - 1)),
  ) {
    this.#set = set;
    this.#options = options;
    this.#threads = threads;
    prepareOnnxEnvironment();
    this.#pool = new Piscina({
      filename: new URL('./live-worker.js', import.meta.url).href,
      ...{ minThreads: threads, maxThreads: threads, idleTimeout: Infinity },
    });
  }

  get samplesPerEpoch(): number {
    return this.#set.manifest.samples.train;
  }

  get batchesPerEpoch(): number {
    return this.#set.batchCount({ split: 'train', batchSize: this.#options.batchSize });
  }

  async *batches(epoch: number, skip: number): AsyncGenerator<TrainingBatch> {
    const { seed, batchSize } = this.#options;
    const underWay: Promise<TrainingBatch>[] = [];
    let first = skip * batchSize;
    for await (const batch of this.#set.batches({ split: 'train', batchSize, seed, epoch, skip })) {
      underWay.push(this.#prepare(batch, epoch, first));
      first += batchSize;
      // The consumer learns from what it is given without a turn of the event loop: enough must be under way.
      const oldest = underWay.length > this.#threads ? underWay.shift() : undefined;
      if (oldest !== undefined) yield await oldest;
    }
    for (const batch of underWay) yield await batch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  #prepare(batch: Batch, epoch: number, first: number): Promise<TrainingBatch> {
    const { stride, strength, seed } = this.#options;
    const task: LiveTask = { batch, stride, strength, seed, epoch, first };
    const prepared = this.#pool.run(task, { name: 'prepare' }) as Promise<TrainingBatch>;
    prepared.catch(() => undefined); // whoever awaits it sees it
    return prepared;
  }
}
