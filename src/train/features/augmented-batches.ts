import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { prepareOnnxEnvironment } from '../../model/onnx/onnx-environment.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { SceneLabels } from '../dataset/scene-labels.ts';
import type { Sample } from '../dataset/shards/sample.ts';
import type { Batch, BatchSource } from '../learn/batch.ts';
import type { AugmentTask } from './augment-worker.ts';

export interface AugmentedBatchesOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** luma pixels that one cell of the network's answer spans */
  readonly stride: number;
  /** how strongly pictures are varied; 0 does not vary them */
  readonly strength: number;
  /** what the pictures show, if the run learns it */
  readonly scenes?: SceneLabels | undefined;
}

/** A GPU learns from a batch faster than one thread varies it. More threads than this would only take memory. */
const maxThreads = 4;

/**
 * Batches straight from a set's shards, for a network without a frozen part. Worker threads make a new variation of
 * each picture in each epoch; they prepare the next batches while the trainer learns from the current one.
 */
export class AugmentedBatches implements BatchSource, AsyncDisposable {
  readonly #set: Dataset;
  readonly #options: AugmentedBatchesOptions;
  readonly #pool: Piscina;
  readonly #threads: number;

  constructor(
    set: Dataset,
    options: AugmentedBatchesOptions,
    threads = Math.min(maxThreads, Math.max(1, availableParallelism() - 1)),
  ) {
    this.#set = set;
    this.#options = options;
    this.#threads = threads;
    prepareOnnxEnvironment();
    this.#pool = new Piscina({
      filename: new URL('./augment-worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Infinity,
    });
  }

  get samplesPerEpoch(): number {
    return this.#set.manifest.samples.train;
  }

  get batchesPerEpoch(): number {
    return this.#set.batchCount({ split: 'train', batchSize: this.#options.batchSize });
  }

  async *batches(epoch: number, skip: number): AsyncGenerator<Batch> {
    const { seed, batchSize } = this.#options;
    const underWay: Promise<Batch>[] = [];
    let first = skip * batchSize;
    for await (const samples of this.#set.batches({ split: 'train', batchSize, seed, epoch, skip })) {
      underWay.push(this.#prepare(samples, epoch, first));
      first += batchSize;
      // The trainer blocks the event loop while it learns, so several batches must be under way.
      const oldest = underWay.length > this.#threads ? underWay.shift() : undefined;
      if (oldest !== undefined) yield await oldest;
    }
    for (const batch of underWay) yield await batch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  #prepare(samples: readonly Sample[], epoch: number, first: number): Promise<Batch> {
    const { stride, strength, seed, scenes } = this.#options;
    const task: AugmentTask = { samples, stride, strength, seed, epoch, first };
    const varied = this.#pool.run(task, { name: 'prepare' }) as Promise<Batch>;
    const prepared =
      scenes === undefined
        ? varied
        : varied.then((batch) => ({ ...batch, labels: labelsOf(samples, scenes) }));
    prepared.catch(() => undefined); // the consumer awaits it and sees the error
    return prepared;
  }
}

function labelsOf(samples: readonly Sample[], scenes: SceneLabels): Int16Array {
  return Int16Array.from(samples, ({ key }) => scenes.of(key));
}
