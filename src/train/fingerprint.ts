import { createHash } from 'node:crypto';

/**
 * A sum over facts: equal ones have equal sums.
 * @param facts - what JSON can say; the order of keys counts
 * @returns SHA-256, hexadecimal
 */
export function fingerprintOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
