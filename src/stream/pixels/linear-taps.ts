import { knownSizes } from './known-sizes.ts';

/** Where each output sample lies between input samples. */
export interface LinearTaps {
  /** The lower of its two neighbours. */
  readonly low: Int32Array;
  /** The upper one's share, 0..1. */
  readonly part: Float32Array;
}

/**
 * For each output sample the lower of its two neighbours and the upper one's share (centres aligned, edges clamped).
 * @param offset - moves the output, samples of its own
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
