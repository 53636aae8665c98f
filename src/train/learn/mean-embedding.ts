/**
 * The embedding that a picture is learnt with: the mean of its own and its mirror image's, as the pipeline takes it
 * for a scene; so a mirrored view has the same.
 * @returns a new array the caller owns
 */
export function meanEmbedding(sample: {
  readonly embedding: Float32Array;
  readonly embeddingMirrored: Float32Array;
}): Float32Array {
  return sample.embedding.map((value, i) => (value + (sample.embeddingMirrored[i] ?? NaN)) / 2);
}
