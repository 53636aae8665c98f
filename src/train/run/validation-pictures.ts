import { lumaInput } from '../../model/tables/nodes.ts';
import type { SceneLabels } from '../dataset/scene-labels.ts';
import type { Sample } from '../dataset/shards/sample.ts';
import { sizeName } from '../dataset/shards/sample.ts';
import { assemble } from '../features/cached-batches.ts';
import { packRecord, shapeOf } from '../features/feature-record.ts';
import type { FrozenPart } from '../features/frozen-part.ts';
import { lumaBatch } from '../features/luma-batch.ts';
import { abGrid } from '../features/ab-grid.ts';
import { lumaMap } from '../features/luma-map.ts';
import { meanAb } from '../features/mean-ab.ts';
import { meanEmbedding } from '../features/mean-embedding.ts';
import type { ValidationPicture } from '../learn/validation.ts';

/**
 * Prepares pictures for judging. They are not varied, and their frozen part is computed.
 * @param options.stride - luma pixels that one cell of the network's answer spans
 * @param options.keepsLuma - whether the batches have the luma, too
 */
export async function validationPictures(
  samples: readonly Sample[],
  frozen: FrozenPart,
  { stride, keepsLuma }: { readonly stride: number; readonly keepsLuma: boolean },
): Promise<ValidationPicture[]> {
  const pictures: ValidationPicture[] = [];
  for (const sample of samples) {
    const { size, luma, ab } = sample;
    const embedding = meanEmbedding(sample);
    const [maps] = await frozen.run({ size, luma, ...frozen.conditionsOf(embedding) });
    if (maps === undefined) throw new TypeError('expected features of one picture');
    if (keepsLuma) maps.set(lumaInput, lumaMap(luma, size));
    const record = { maps, ab: meanAb(ab, size, stride), embedding };
    const batch = assemble([packRecord(record)], shapeOf(record), abGrid(sizeName(size), stride));
    pictures.push({ size, luma, ab, batch });
  }
  return pictures;
}

/**
 * The same for a network without a frozen part.
 * @param scenes - if the run learns them
 */
export function lumaPicture(sample: Sample, stride: number, scenes?: SceneLabels): ValidationPicture {
  const { size, luma, ab, key } = sample;
  const batch = lumaBatch([{ size, luma, ab, embedding: meanEmbedding(sample) }], stride);
  const labels = scenes === undefined ? {} : { labels: Int16Array.of(scenes.of(key)) };
  return { size, luma, ab, batch: { ...batch, ...labels } };
}
