import type { LumaFormat, RectPx, SizePx } from '../../frame.ts';

/** A luma plane in memory: one byte a sample at 8 bit, else two. */
export type LumaPlane = Uint8Array | Uint16Array;

/** Which rows of an interlaced frame the small copy is made from. */
export type RowChoice = 'all' | 'top-field' | 'bottom-field';

/**
 * Shrinks (a part of) a luma plane to the network's size with an area filter, at any bit depth, and
 * stretches limited range to full range. A source smaller than the target is enlarged bilinearly.
 *
 * One field of an interlaced frame is a whole picture of half the height: taking only its rows
 * deinterlaces the network's copy without a filter.
 * @param plane - `[format.heightPx * format.widthPx]`; not modified
 * @param rect - the part that carries image, pixels
 * @param size - of the result, pixels
 * @returns full-range Y' 0..255, `[size.heightPx * size.widthPx]`, a new array the caller owns
 */
export function shrinkLuma(
  plane: LumaPlane,
  format: LumaFormat,
  rect: RectPx,
  size: SizePx,
  rows: RowChoice = 'all',
): Uint8Array {
  const step = rows === 'all' ? 1 : 2;
  const firstRow = rect.y + (rows === 'bottom-field' ? 1 : 0);
  const sourceRows = Math.max(1, Math.floor((rect.y + rect.height - firstRow + step - 1) / step));
  const across = areaTaps(rect.width, size.widthPx);
  const down = areaTaps(sourceRows, size.heightPx);
  const { widthPx: width, heightPx: height } = size;
  const out = new Uint8Array(width * height);
  const { scale, offset } = toFullRange(format);
  const narrow = new Float32Array(width);
  const sums = new Float32Array(width);
  let narrowRow = -1;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let tap = down.start[y]!; tap < down.start[y + 1]!; tap++) {
      const row = down.index[tap]!;
      if (row !== narrowRow) {
        shrinkRow(plane, (firstRow + row * step) * format.widthPx + rect.x, across, narrow);
        narrowRow = row;
      }
      const weight = down.weight[tap]!;
      for (let x = 0; x < width; x++) sums[x]! += narrow[x]! * weight;
    }
    const base = y * width;
    for (let x = 0; x < width; x++) {
      const value = sums[x]! * scale + offset;
      out[base + x] = value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
    }
  }
  return out;
}

/** Scale and offset that bring a code of this format to full-range 0..255. */
export function toFullRange(format: { bitDepth: number; range: LumaFormat['range'] }): {
  scale: number;
  offset: number;
} {
  const unit = 2 ** (format.bitDepth - 8);
  if (format.range === 'full') return { scale: 255 / (2 ** format.bitDepth - 1), offset: 0 };
  return { scale: 255 / (219 * unit), offset: (-16 * 255) / 219 };
}

interface Taps {
  /** `[n + 1]`: the taps of output i are start[i]..start[i + 1] */
  readonly start: Int32Array;
  readonly index: Int32Array;
  /** sums to 1 for each output */
  readonly weight: Float32Array;
}

const tapsCache = new Map<string, Taps>();

/** Weights of an area filter from `from` to `to` samples (bilinear when it enlarges). */
function areaTaps(from: number, to: number): Taps {
  const key = `${from}>${to}`;
  const known = tapsCache.get(key);
  if (known) return known;
  const start = new Int32Array(to + 1);
  const index: number[] = [];
  const weight: number[] = [];
  const ratio = from / to;
  for (let i = 0; i < to; i++) {
    start[i] = index.length;
    if (ratio >= 1) {
      const low = i * ratio;
      const high = (i + 1) * ratio;
      for (let s = Math.floor(low); s < Math.min(from, Math.ceil(high - 1e-9)); s++) {
        index.push(s);
        weight.push((Math.min(high, s + 1) - Math.max(low, s)) / ratio);
      }
    } else {
      const centre = Math.min(Math.max((i + 0.5) * ratio - 0.5, 0), from - 1);
      const low = Math.floor(centre);
      index.push(low);
      weight.push(1 - (centre - low));
      if (low + 1 < from) {
        index.push(low + 1);
        weight.push(centre - low);
      } else weight[weight.length - 1] = 1;
    }
  }
  start[to] = index.length;
  const taps = { start, index: Int32Array.from(index), weight: Float32Array.from(weight) };
  if (tapsCache.size > 32) tapsCache.clear();
  tapsCache.set(key, taps);
  return taps;
}

function shrinkRow(plane: LumaPlane, base: number, taps: Taps, out: Float32Array): void {
  const { start, index, weight } = taps;
  const count = out.length;
  for (let x = 0; x < count; x++) {
    let tap = start[x]!;
    const last = start[x + 1]! - 1;
    let position = base + index[tap]!;
    // Only the outer two samples are shared with a neighbour; those between all weigh the same.
    let sum = plane[position]! * weight[tap]!;
    if (last > tap) {
      tap++;
      let inner = 0;
      for (; tap < last; tap++) inner += plane[++position]!;
      sum += inner * weight[last - 1]! + plane[++position]! * weight[last]!;
    }
    out[x] = sum;
  }
}

/**
 * Halves both sides of a small full-range picture by averages of 2 x 2.
 * @returns a new array; odd last rows and columns are dropped
 */
export function halve(picture: Uint8Array, size: SizePx): { picture: Uint8Array; size: SizePx } {
  const width = size.widthPx >> 1;
  const height = size.heightPx >> 1;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    let from = 2 * y * size.widthPx;
    const to = y * width;
    for (let x = 0; x < width; x++, from += 2) {
      const below = from + size.widthPx;
      out[to + x] = (picture[from]! + picture[from + 1]! + picture[below]! + picture[below + 1]! + 2) >> 2;
    }
  }
  return { picture: out, size: { widthPx: width, heightPx: height } };
}
