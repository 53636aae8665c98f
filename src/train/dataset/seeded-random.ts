import { hashOf } from './hash.ts';

/**
 * A stream of random numbers that depends on seed and purpose alone.
 * @returns a function that gives 0 <= x < 1
 * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32, public domain)
 */
export function seededRandom(seed: number, purpose: string): () => number {
  let state = Math.floor(hashOf(seed, 'random', purpose) * 2 ** 32) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
