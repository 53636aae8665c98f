import { AppError } from '../../errors.ts';

/**
 * Refuses to compare two buffers that cannot belong to one picture size.
 * @param metric - name of the measure, for the message
 * @throws {AppError} `USAGE` when the lengths differ or are 0
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
 * Refuses a buffer that has not the length its picture size asks for.
 * @param metric - name of the measure, for the message
 * @throws {AppError} `USAGE` when `got` is not `expected`
 */
export function requireLength(metric: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new AppError('USAGE', `${metric}: expected ${expected} samples but got ${got}`, {
    cure: 'Pass a buffer that matches the size it is said to have.',
  });
}
