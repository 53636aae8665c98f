import { createHash } from 'node:crypto';

/**
 * Chooses the files for validation by a hash of their names, so that a file stays in its part when other files join the
 * set.
 * @param names - of the files
 * @param fraction - 0..1
 * @returns the chosen names: about that fraction, and at least one if the fraction is above 0 and there are two files
 */
export function chooseValidation(names: readonly string[], fraction: number, seed: number): Set<string> {
  if (fraction === 0) return new Set();
  const ranked = names.map((name) => ({ name, rank: rankOf(seed, 'split', name) }));
  const chosen = ranked.filter(({ rank }) => rank < fraction);
  if (chosen.length === 0 && ranked.length > 1)
    chosen.push(ranked.reduce((least, one) => (one.rank < least.rank ? one : least)));
  return new Set(chosen.map(({ name }) => name));
}

/** Puts items in an order that looks random but is always the same for the same seed and names. */
export function shuffled<T>(items: readonly T[], seed: number, nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, rank: rankOf(seed, 'order', nameOf(item)) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}

/**
 * A number that depends only on seed, purpose and name. It is the same in every run and on every machine.
 * @param purpose - makes split and order of one name independent
 * @returns 0 <= x < 1, evenly spread
 */
function rankOf(seed: number, purpose: 'split' | 'order', name: string): number {
  const digest = createHash('sha256').update(`${seed}:${purpose}:${name}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
