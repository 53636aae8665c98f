/** The weights of an area filter as integers, so TypeScript and WebAssembly give the same picture. */
import { knownSizes } from './known-sizes.ts';

/** The weights of one result sum to 2 to this power. */
export const weightBits = 14;
/** The mean of a column is in 1/64 of a level. */
export const columnBits = 6;

/**
 * For each result the source samples `first` to `last` and their weights. All samples between those two have the same
 * weight.
 */
export interface AreaTaps {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly firstWeight: Int32Array;
  readonly innerWeight: Int32Array;
  /** 0 where `last` is `first` */
  readonly lastWeight: Int32Array;
}

/** The weights from `from` to `to` samples: means over areas, or linear interpolation for an enlargement. */
export const areaTaps = knownSizes((from: number, to: number): AreaTaps =>
  from >= to ? shrinkingTaps(from, to) : enlargingTaps(from, to),
);

function emptyTaps(count: number): AreaTaps {
  const numbers = (): Int32Array => new Int32Array(count);
  return {
    first: numbers(),
    last: numbers(),
    firstWeight: numbers(),
    innerWeight: numbers(),
    lastWeight: numbers(),
  };
}

function shrinkingTaps(from: number, to: number): AreaTaps {
  const taps = emptyTaps(to);
  const ratio = from / to;
  const inner = Math.round(2 ** weightBits / ratio);
  for (let i = 0; i < to; i++) {
    const low = i * ratio;
    const high = (i + 1) * ratio;
    const first = Math.floor(low);
    const last = Math.min(from, Math.ceil(high - 1e-9)) - 1;
    const share = (Math.min(high, first + 1) - low) / ratio;
    const firstWeight = last === first ? 2 ** weightBits : Math.round(share * 2 ** weightBits);
    taps.first[i] = first;
    taps.last[i] = last;
    taps.firstWeight[i] = firstWeight;
    taps.innerWeight[i] = inner;
    // The rest of the sum, so a flat picture stays flat.
    if (last > first) taps.lastWeight[i] = 2 ** weightBits - firstWeight - (last - first - 1) * inner;
  }
  return taps;
}

function enlargingTaps(from: number, to: number): AreaTaps {
  const taps = emptyTaps(to);
  for (let i = 0; i < to; i++) {
    const centre = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(centre);
    const last = Math.min(first + 1, from - 1);
    const lastWeight = last === first ? 0 : Math.round((centre - first) * 2 ** weightBits);
    taps.first[i] = first;
    taps.last[i] = last;
    taps.firstWeight[i] = 2 ** weightBits - lastWeight;
    taps.lastWeight[i] = lastWeight;
  }
  return taps;
}
