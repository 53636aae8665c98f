import type { Manifest } from '../../model/manifest.ts';
import type { Random } from '../random.ts';
import type { Batch } from './batch.ts';

/** Share of an embedding's numbers that is left out. */
const numbersLeftOut = 0.5;

/**
 * At random, leaves out the whole embedding of some pictures, and some numbers of the others. A complete embedding
 * identifies its photograph: the network would learn that photograph's colours by heart, and the embedding would then
 * do harm on other pictures (docs/lab-book.md).
 * @param share - 0..1; 0 leaves out nothing
 * @returns `[count * size]`: a new array, or the batch's own if nothing is left out
 */
export function embeddingsWithGaps(
  { embeddings, count }: Pick<Batch, 'embeddings' | 'count'>,
  share: number,
  random: Random,
): Float32Array {
  if (share === 0) return embeddings;
  const kept = embeddings.slice();
  const size = kept.length / count;
  for (let i = 0; i < count; i++) {
    const one = kept.subarray(i * size, (i + 1) * size);
    if (random.uniform() < share) one.fill(0);
    else thin(one, random);
  }
  return kept;
}

/** Leaves out numbers, and raises the others so that their sum stays the same on average. */
function thin(embedding: Float32Array, random: Random): void {
  embedding.forEach((number, i) => {
    embedding[i] = random.uniform() < numbersLeftOut ? 0 : number / (1 - numbersLeftOut);
  });
}

/**
 * What a manifest says about the embedding after training. A model may work without it only if it has learnt to.
 * @param embedding - of the model that training started from
 * @param share - as above
 */
export function trainedEmbedding(embedding: Manifest['embedding'], share: number): Manifest['embedding'] {
  return { ...embedding, isOptional: share > 0 ? embedding.isOptional : undefined };
}
