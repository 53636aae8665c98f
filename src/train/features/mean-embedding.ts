/**
 * The embedding that a picture is trained with: the mean of its own embedding and that of its mirror image. The
 * pipeline uses the same mean for a scene. A mirrored view therefore has the same embedding.
 * @returns a new array the caller owns
 */
export function meanEmbedding(sample: {
  readonly embedding: Float32Array;
  readonly embeddingMirrored: Float32Array;
}): Float32Array {
  return sample.embedding.map((value, i) => (value + (sample.embeddingMirrored[i] ?? NaN)) / 2);
}
