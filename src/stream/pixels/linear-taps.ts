/** Where each output sample lies between input samples. */
export interface LinearTaps {
  /** The lower of its two neighbours. */
  readonly low: Int32Array;
  /** The upper one's share, 0..1. */
  readonly part: Float32Array;
}

/** Sizes change seldom: a film has a few. */
const mostKnown = 32;
const known = new Map<string, LinearTaps>();

/**
 * For each output sample the lower of its two neighbours and the upper one's share (centres aligned, edges clamped).
 * @param offset - moves the output, samples of its own
 */
export function linearTaps(from: number, to: number, offset = 0): LinearTaps {
  const key = `${from}>${to}+${offset}`;
  const found = known.get(key);
  if (found) return found;
  const taps = { low: new Int32Array(to), part: new Float32Array(to) };
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5 + offset) * from) / to - 0.5, 0), from - 1);
    taps.low[i] = Math.min(Math.floor(at), Math.max(0, from - 2));
    taps.part[i] = from === 1 ? 0 : at - taps.low[i]!;
  }
  if (known.size >= mostKnown) known.clear();
  known.set(key, taps);
  return taps;
}
