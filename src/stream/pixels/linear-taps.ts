import { knownSizes } from './known-sizes.ts';

/** The position of each output sample between input samples. */
export interface LinearTaps {
  /** The lower of its two neighbours. */
  readonly low: Int32Array;
  /** The share of the upper one, 0..1. */
  readonly part: Float32Array;
}

/**
 * Finds, for each output sample, the lower of its two neighbours and the share of the upper one (aligned centres,
 * clamped edges).
 * @param offset - moves the output, in output samples
 */
export const linearTaps = knownSizes((from: number, to: number, offset = 0): LinearTaps => {
  const taps = { low: new Int32Array(to), part: new Float32Array(to) };
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5 + offset) * from) / to - 0.5, 0), from - 1);
    taps.low[i] = Math.min(Math.floor(at), Math.max(0, from - 2));
    taps.part[i] = from === 1 ? 0 : at - taps.low[i]!;
  }
  return taps;
});
