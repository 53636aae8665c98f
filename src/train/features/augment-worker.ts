/** What the threads of `augmented-batches.ts` do: they turn samples into a batch for one step. */
import { augment } from '../dataset/pictures/augment.ts';
import type { Sample } from '../dataset/shards/sample.ts';
import type { Batch } from '../learn/batch.ts';
import { meanEmbedding } from './mean-embedding.ts';
import { randomFrom } from '../random.ts';
import { lumaBatch, type LumaSample } from './luma-batch.ts';

export interface AugmentTask {
  /** at least one, all of one size */
  readonly samples: readonly Sample[];
  readonly stride: number;
  /** of the variations; 0: none */
  readonly strength: number;
  readonly seed: number;
  readonly epoch: number;
  /** number of the batch's first sample in the epoch's order */
  readonly first: number;
}

/** Varies each picture of a batch. The result depends only on seed, epoch and the picture's number. */
export async function prepare(task: AugmentTask): Promise<Batch> {
  const { stride, strength, seed, epoch, first } = task;
  const varied: LumaSample[] = [];
  for (const [i, sample] of task.samples.entries()) {
    const { size, luma, ab } = sample;
    const random = randomFrom(seed, epoch, first + i);
    const picture = await augment({ size, luma, ab }, random, { strength, isFixed: false });
    varied.push({ ...picture, embedding: meanEmbedding(sample) });
  }
  return lumaBatch(varied, stride);
}
