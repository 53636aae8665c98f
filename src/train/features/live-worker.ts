/** What the threads of `live-batches.ts` do: samples in, what one step learns from out. */
import { augment } from '../dataset/pictures/augment.ts';
import type { Batch } from '../dataset/batch.ts';
import type { TrainingBatch } from '../learn/batch.ts';
import { meanEmbedding } from '../learn/mean-embedding.ts';
import { randomFrom } from '../learn/random.ts';
import { lumaBatch, type LumaSample } from './luma-batch.ts';

export interface LiveTask {
  readonly batch: Batch;
  readonly stride: number;
  /** of the variations; 0: none */
  readonly strength: number;
  readonly seed: number;
  readonly epoch: number;
  /** number of the batch's first sample in the epoch's order */
  readonly first: number;
}

/** Varies each picture of a batch, by seed, epoch and number alone. */
export async function prepare({
  batch,
  stride,
  strength,
  seed,
  epoch,
  first,
}: LiveTask): Promise<TrainingBatch> {
  const samples: LumaSample[] = [];
  for (let i = 0; i < batch.keys.length; i++) {
    const random = randomFrom(seed, epoch, first + i);
    const { embedding, ...picture } = sampleOf(batch, i);
    samples.push({ ...(await augment(picture, random, { strength, isFixed: false })), embedding });
  }
  return lumaBatch(samples, stride);
}

/** Views of the batch's arrays, and the mean embedding. */
function sampleOf({ size, keys, luma, ab, embeddings, mirrored }: Batch, index: number): LumaSample {
  const part = <T extends Uint8Array | Int8Array | Float32Array>(whole: T): T => {
    const length = whole.length / keys.length;
    return whole.subarray(index * length, (index + 1) * length) as T;
  };
  const embedding = meanEmbedding({ embedding: part(embeddings), embeddingMirrored: part(mirrored) });
  return { size, luma: part(luma), ab: part(ab), embedding };
}
