import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

/** Repeatable random numbers. */
export interface Random {
  /** uniform, 0 <= x < 1 */
  readonly uniform: () => number;
  /** uniform, from <= x < to */
  readonly between: (from: number, to: number) => number;
  /** mean 0, standard deviation 1 (Box-Muller) */
  readonly normal: () => number;
}

/**
 * A source of random numbers that depends only on its seeds.
 * @param seeds - whole numbers: of the run, the epoch, the sample ...
 */
export function randomFrom(...seeds: readonly number[]): Random {
  const generator = xoroshiro128plus(seeds.reduce(mix, 0x9e3779b9));
  const uniform = (): number => uniformFloat64(generator);
  return {
    uniform,
    between: (from, to) => from + (to - from) * uniform(),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/**
 * Shuffles in place (Fisher and Yates).
 * @param uniform - gives 0 <= x < 1
 * @returns the same array
 */
export function shuffle<T>(items: T[], uniform: () => number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(uniform() * (last + 1));
    const [one, two] = [items[last], items[other]];
    if (one !== undefined && two !== undefined) [items[last], items[other]] = [two, one];
  }
  return items;
}

/** Mixes two whole numbers into one. Each input bit changes about half of the result's bits (murmur3's finalizer). */
function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
