import { AppError } from '../../errors.ts';

/**
 * Throws if two buffers cannot belong to pictures of one size.
 * @param metric - name of the measure, for the message
 * @throws {AppError} `USAGE` if the lengths differ or are 0
 */
export function requireEqualLength(
  metric: string,
  a: { readonly length: number },
  b: { readonly length: number },
): void {
  if (a.length === b.length && a.length > 0) return;
  throw new AppError(
    'USAGE',
    `${metric}: expected two pictures of one size but got ${a.length} and ${b.length} samples`,
    { cure: 'Compare pictures of the same width, height and channels.' },
  );
}

/**
 * Throws if a buffer does not have the length that its picture size needs.
 * @param metric - name of the measure, for the message
 * @throws {AppError} `USAGE` if `got` is not `expected`
 */
export function requireLength(metric: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new AppError('USAGE', `${metric}: expected ${expected} samples but got ${got}`, {
    cure: 'Pass a buffer that matches the stated size.',
  });
}
