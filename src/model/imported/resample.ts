/** For each result the source samples from `first` on, with `span` weights each. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: Float32Array;
  readonly span: number;
}

/**
 * Resamples one channel of colour: means over areas where it becomes smaller, linear interpolation with aligned centres
 * where it becomes larger.
 * @param plane - `[from.heightPx * from.widthPx]`; not modified
 * @returns `[to.heightPx * to.widthPx]`, a new array the caller owns
 */
export function resample(
  plane: ArrayLike<number>,
  from: { readonly widthPx: number; readonly heightPx: number },
  to: { readonly widthPx: number; readonly heightPx: number },
): Float32Array {
  const across = tapsFrom(from.widthPx, to.widthPx);
  const down = tapsFrom(from.heightPx, to.heightPx);
  const narrow = new Float32Array(from.heightPx * to.widthPx);
  for (let y = 0; y < from.heightPx; y++)
    for (let x = 0; x < to.widthPx; x++) {
      let sum = 0;
      const first = y * from.widthPx + across.first[x]!;
      for (let i = 0; i < across.span; i++) sum += plane[first + i]! * across.weights[x * across.span + i]!;
      narrow[y * to.widthPx + x] = sum;
    }
  const out = new Float32Array(to.heightPx * to.widthPx);
  for (let y = 0; y < to.heightPx; y++)
    for (let i = 0; i < down.span; i++) {
      const weight = down.weights[y * down.span + i]!;
      const row = (down.first[y]! + i) * to.widthPx;
      for (let x = 0; x < to.widthPx; x++) out[y * to.widthPx + x]! += narrow[row + x]! * weight;
    }
  return out;
}

/** The share of each source sample in each result; the shares of one result add up to 1. */
function tapsFrom(from: number, to: number): Taps {
  const ratio = from / to;
  const span = Math.min(from, Math.max(2, Math.ceil(ratio) + 1));
  const taps = { first: new Int32Array(to), weights: new Float32Array(to * span), span };
  for (let i = 0; i < to; i++) {
    const start = ratio > 1 ? i * ratio : Math.min(Math.max((i + 0.5) * ratio - 0.5, 0), from - 1);
    const first = Math.min(Math.floor(start), from - span);
    taps.first[i] = first;
    for (let k = 0; k < span; k++) {
      const at = first + k;
      taps.weights[i * span + k] =
        ratio > 1
          ? Math.max(0, Math.min(start + ratio, at + 1) - Math.max(start, at)) / ratio
          : Math.max(0, 1 - Math.abs(start - at));
    }
  }
  return taps;
}
