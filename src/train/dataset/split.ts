import { hashOf } from './hash.ts';

/**
 * Chooses what is kept for validation: whole files, by a hash of their names, so that a file stays where it is when
 * others come to the set.
 * @param names - of the files
 * @param fraction - 0..1
 * @returns the chosen ones: about that part; one at least when the fraction is not 0 and another remains
 */
export function chooseValidation(names: readonly string[], fraction: number, seed: number): Set<string> {
  if (fraction === 0) return new Set();
  const ranked = names.map((name) => ({ name, rank: hashOf(seed, 'split', name) }));
  const chosen = ranked.filter(({ rank }) => rank < fraction);
  if (chosen.length === 0 && ranked.length > 1)
    chosen.push(ranked.reduce((least, one) => (one.rank < least.rank ? one : least)));
  return new Set(chosen.map(({ name }) => name));
}

/** The names in an order that is random but always the same. */
export function shuffled<T>(items: readonly T[], seed: number, nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, rank: hashOf(seed, 'order', nameOf(item)) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}
