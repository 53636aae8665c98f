import { AppError } from '../../../errors.ts';
import { sameSize } from '../../../frame.ts';
import type { Sample } from './sample.ts';

/**
 * Checks that all samples of a batch have one shape.
 * @throws {AppError} INPUT_DAMAGED if sizes or lengths of embeddings differ
 */
export function checkOneShape(samples: readonly Sample[]): void {
  const [first] = samples;
  const other = samples.find((sample) => first !== undefined && !haveOneShape(sample, first));
  if (first === undefined || other === undefined) return;
  throw new AppError(
    'INPUT_DAMAGED',
    `batch: expected samples like "${first.key}" (${describe(first)}) but "${other.key}" is ${describe(other)}`,
    { cure: 'make the set again with `chromafeed dataset`' },
  );
}

function haveOneShape(one: Sample, other: Sample): boolean {
  const { length } = other.embedding;
  return (
    sameSize(one.size, other.size) &&
    one.embedding.length === length &&
    one.embeddingMirrored.length === length
  );
}

function describe({ size, embedding, embeddingMirrored }: Sample): string {
  return `${size.widthPx} x ${size.heightPx}, embeddings of ${embedding.length} and ${embeddingMirrored.length}`;
}
