import type { LumaAndColour } from '../dataset/pictures/augment.ts';
import { sizeName } from '../dataset/shards/sample.ts';
import type { Batch } from '../learn/batch.ts';
import { abGrid } from './ab-grid.ts';
import { meanAb } from './mean-ab.ts';
import { lumaInput } from '../../model/tables/nodes.ts';

/** A picture to learn from, before anything has been computed. */
export interface LumaSample extends LumaAndColour {
  readonly embedding: Float32Array;
}

/**
 * A batch for a network without a frozen part. Its features are the luma itself, as bytes in floats.
 * @param samples - at least one, all of one size
 * @param stride - luma pixels that one cell of the network's answer spans
 * @returns new arrays the caller owns
 */
export function lumaBatch(samples: readonly LumaSample[], stride: number): Batch {
  const [first] = samples;
  if (first === undefined) throw new RangeError('a batch needs at least one sample');
  const { size } = first;
  const count = samples.length;
  const luma = joined(
    Float32Array,
    samples.map((sample) => Float32Array.from(sample.luma)),
  );
  const features = { shape: [count, size.heightPx, size.widthPx, 1] as const, data: luma };
  return {
    count,
    features: new Map([[lumaInput, features]]),
    grid: abGrid(sizeName(size), stride),
    embeddings: joined(
      Float32Array,
      samples.map(({ embedding }) => embedding),
    ),
    ab: joined(
      Int8Array,
      samples.map((sample) => meanAb(sample.ab, size, stride)),
    ),
  };
}

function joined<T extends Float32Array | Int8Array>(
  Whole: new (length: number) => T,
  parts: readonly T[],
): T {
  const whole = new Whole(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
