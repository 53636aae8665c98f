import type { Manifest } from '../../model/manifest.ts';
import type { Random } from '../random.ts';
import type { Batch } from './batch.ts';

/** Share of an embedding's numbers that is left out. */
const numbersLeftOut = 0.5;

/**
 * Leaves out the embeddings of a share of the pictures, and of the others some numbers, at random. One that is whole
 * tells which photograph it is: the network learns its colours by heart, and on other pictures the embedding then does
 * harm (docs/lab-book.md).
 * @param share - 0..1; 0: nothing is left out
 * @returns `[count * size]`: a new array, or the batch's own where nothing is left out
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

/** Leaves out numbers; the others are raised, so that their sum remains what it was, on the average. */
function thin(embedding: Float32Array, random: Random): void {
  embedding.forEach((number, i) => {
    embedding[i] = random.uniform() < numbersLeftOut ? 0 : number / (1 - numbersLeftOut);
  });
}

/**
 * What a manifest says of the embedding after training: a model may go without it only if it still learnt to.
 * @param embedding - of the model that training went on from
 * @param share - as above
 */
export function trainedEmbedding(embedding: Manifest['embedding'], share: number): Manifest['embedding'] {
  return { ...embedding, isOptional: share > 0 ? embedding.isOptional : undefined };
}
