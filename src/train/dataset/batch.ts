import { AppError } from '../../errors.ts';
import { sameSize, type SizePx } from '../../frame.ts';
import type { Sample } from './shards/sample.ts';

/** Samples of one shape, as the trainer takes them. `n` is the number of keys. */
export interface Batch {
  readonly size: SizePx;
  readonly keys: readonly string[];
  /** `[n, h, w]` full-range Y' 0..255 */
  readonly luma: Uint8Array;
  /** `[n, 2, h, w]` a*, b* */
  readonly ab: Int8Array;
  /** `[n, 2048]` of the pictures */
  readonly embeddings: Float32Array;
  /** `[n, 2048]` of their mirror images */
  readonly mirrored: Float32Array;
}

/**
 * Lays samples one after the other.
 * @param samples - one at least, all of one shape; not modified
 * @returns new arrays the caller owns
 * @throws {AppError} INPUT_DAMAGED when shapes differ
 */
export function batchOf(samples: readonly Sample[]): Batch {
  const [first] = samples;
  if (!first) throw new RangeError('a batch needs at least one sample');
  const { size } = first;
  for (const sample of samples) checkShape(sample, first);
  const count = samples.length;
  const pixels = size.widthPx * size.heightPx;
  const luma = new Uint8Array(count * pixels);
  const ab = new Int8Array(2 * count * pixels);
  const length = first.embedding.length;
  const embeddings = new Float32Array(count * length);
  const mirrored = new Float32Array(count * length);
  for (const [i, sample] of samples.entries()) {
    luma.set(sample.luma, i * pixels);
    ab.set(sample.ab, 2 * i * pixels);
    embeddings.set(sample.embedding, i * length);
    mirrored.set(sample.embeddingMirrored, i * length);
  }
  return { size, keys: samples.map(({ key }) => key), luma, ab, embeddings, mirrored };
}

function checkShape(sample: Sample, first: Sample): void {
  const { size, embedding, embeddingMirrored } = sample;
  const length = first.embedding.length;
  if (sameSize(size, first.size) && embedding.length === length && embeddingMirrored.length === length)
    return;
  throw new AppError(
    'INPUT_DAMAGED',
    `batch: expected samples like "${first.key}" (${describe(first)}) but "${sample.key}" is ${describe(sample)}`,
    { cure: 'make the set anew with `chromafeed dataset`' },
  );
}

function describe({ size, embedding, embeddingMirrored }: Sample): string {
  return `${size.widthPx} x ${size.heightPx}, embeddings of ${embedding.length} and ${embeddingMirrored.length}`;
}
