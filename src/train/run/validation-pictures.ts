import type { Sample } from '../dataset/shards/sample.ts';
import { sizeName } from '../dataset/shards/sample.ts';
import { assemble } from '../features/cached-batches.ts';
import { packRecord, shapeOf } from '../features/feature-record.ts';
import type { FrozenPart } from '../features/frozen-part.ts';
import { lumaBatch } from '../features/luma-batch.ts';
import { abGrid } from '../features/ab-grid.ts';
import { meanAb } from '../features/mean-ab.ts';
import { meanEmbedding } from '../features/mean-embedding.ts';
import type { ValidationPicture } from '../learn/validation.ts';

/**
 * Prepares pictures for judging. They are not varied, and their frozen part is computed.
 * @param stride - luma pixels that one cell of the network's answer spans
 */
export async function validationPictures(
  samples: readonly Sample[],
  frozen: FrozenPart,
  stride: number,
): Promise<ValidationPicture[]> {
  const pictures: ValidationPicture[] = [];
  for (const sample of samples) {
    const { size, luma, ab } = sample;
    const embedding = meanEmbedding(sample);
    const [maps] = await frozen.run({ size, luma, ...frozen.conditionsOf(embedding) });
    if (maps === undefined) throw new TypeError('expected features of one picture');
    const record = { maps, ab: meanAb(ab, size, stride), embedding };
    const batch = assemble([packRecord(record)], shapeOf(record), abGrid(sizeName(size), stride));
    pictures.push({ size, luma, ab, batch });
  }
  return pictures;
}

/** The same for a network without a frozen part. */
export function lumaPicture(sample: Sample, stride: number): ValidationPicture {
  const { size, luma, ab } = sample;
  const batch = lumaBatch([{ size, luma, ab, embedding: meanEmbedding(sample) }], stride);
  return { size, luma, ab, batch };
}
