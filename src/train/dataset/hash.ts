import { createHash } from 'node:crypto';

/**
 * A number that depends on seed, purpose and name alone: the same in every run and on every machine.
 * @param purpose - so that the split and the order of one name are independent
 * @returns 0 <= x < 1, evenly spread
 */
export function hashOf(seed: number, purpose: string, name: string): number {
  const digest = createHash('sha256').update(`${seed}:${purpose}:${name}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
