/** The cosine transform of 8 x 8 samples in whole numbers: `jfdctint` of libjpeg. Its coefficients are 8 times too large. */
import type { CodingTables } from './tables.ts';

/** Rounds `value / 2 ** bits`. */
function descale(value: number, bits: number): number {
  return (value + (1 << (bits - 1))) >> bits;
}

/** Transforms eight numbers, each `step` after the one before, in place; twice, for columns and rows. */
function transformLine(block: Int16Array, at: number, step: number, isFirst: boolean): void {
  const d = (i: number): number => block[at + i * step]!;
  const put = (i: number, value: number): void => void (block[at + i * step] = value);
  const [s0, s7] = [d(0) + d(7), d(0) - d(7)];
  const [s1, s6] = [d(1) + d(6), d(1) - d(6)];
  const [s2, s5] = [d(2) + d(5), d(2) - d(5)];
  const [s3, s4] = [d(3) + d(4), d(3) - d(4)];
  const [t0, t3] = [s0 + s3, s0 - s3];
  const [t1, t2] = [s1 + s2, s1 - s2];
  const [z3, z4] = [s4 + s6, s5 + s7];
  const bits = isFirst ? 11 : 15;
  put(0, isFirst ? (t0 + t1) << 2 : (t0 + t1 + 2) >> 2);
  put(4, isFirst ? (t0 - t1) << 2 : (t0 - t1 + 2) >> 2);
  put(2, descale(10703 * t3 + 4433 * t2, bits));
  put(6, descale(4433 * t3 - 10704 * t2, bits));
  const third = -6436 * z3 + 9633 * z4;
  const fourth = 9633 * z3 + 6437 * z4;
  put(7, descale(-4927 * s4 - 7373 * s7 + third, bits));
  put(1, descale(-7373 * s4 + 4926 * s7 + fourth, bits));
  put(5, descale(-4176 * s5 - 20995 * s6 + fourth, bits));
  put(3, descale(-20995 * s5 + 4177 * s6 + third, bits));
}

/**
 * The quantized coefficients of a block.
 * @param samples - around 0, row by row; overwritten
 * @returns a line has the coefficients of one horizontal frequency
 */
export function transformBlock(
  samples: Int16Array,
  { factors, margins }: Pick<CodingTables, 'factors' | 'margins'>,
): Int16Array {
  for (let x = 0; x < 8; x++) transformLine(samples, x, 8, true);
  for (let row = 0; row < 8; row++) transformLine(samples, 8 * row, 1, false);
  const out = new Int16Array(64);
  for (let place = 0; place < 64; place++) {
    const natural = (place & 7) * 8 + (place >> 3);
    const value = samples[natural]!;
    const margin = margins[place]!;
    const near = Math.max(Math.min(value, margin), -margin);
    out[place] = ((value - near) * factors[place]! + 0x4000) >> 15;
  }
  return out;
}
