import { AppError } from '../../src/errors.ts';

/**
 * A quantile by the nearest rank.
 * @param values - at least one, any order; not modified
 * @param share - 0..1: 0.5 is the lower median, 0.95 the p95
 * @returns one of the values
 * @throws {AppError} `USAGE` if there is none
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new AppError('USAGE', 'quantile: expected at least one value but got none');
  return found;
}
