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
 * A source of random numbers that depends on nothing but its seeds.
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
 * Brings 0..count-1 into random order (Fisher-Yates).
 * @returns a new array the caller owns
 */
export function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

/** One whole number of two, each bit of either changing about half of the result's (murmur3's finalizer). */
function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
