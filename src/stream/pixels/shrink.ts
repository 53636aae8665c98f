import type { LumaFormat, RectPx, SizePx } from '../../frame.ts';
import { areaTaps, columnBits, weightBits, type AreaTaps } from './area-taps.ts';

/** A luma plane in memory: one byte per sample at 8 bits, else two. */
export type LumaPlane = Uint8Array | Uint16Array;

/** The rows of an interlaced frame from which the small copy is made. */
export type RowChoice = 'all' | 'top-field' | 'bottom-field';

/**
 * Shrinks (a part of) a luma plane to the network's size with an area filter, at any bit depth, and
 * stretches limited range to full range. A source smaller than the target is enlarged bilinearly.
 *
 * One field of an interlaced frame is a whole picture of half the height. Using only its rows deinterlaces the
 * network's copy without a filter.
 * @param plane - `[format.heightPx * format.widthPx]`; not modified
 * @param rect - the part with the picture, pixels
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
  const { firstRow, step, count } = chosenRows(rect, rows);
  const across = areaTaps(rect.width, size.widthPx);
  const down = areaTaps(count, size.heightPx);
  const { scale, offset } = scaledRange(format);
  const out = new Uint8Array(size.widthPx * size.heightPx);
  const means = new Int32Array(rect.width);
  const rowSamples = format.widthPx * step;
  const start = firstRow * format.widthPx + rect.x;
  for (let y = 0; y < size.heightPx; y++) {
    meanOfRows(plane, start, rowSamples, down, y, format.bitDepth, means);
    narrowRow(means, across, scale, offset, out, y * size.widthPx);
  }
  return out;
}

/** The rows of a rectangle that are read. */
export function chosenRows(rect: RectPx, rows: RowChoice): { firstRow: number; step: number; count: number } {
  const step = rows === 'all' ? 1 : 2;
  const firstRow = rect.y + (rows === 'bottom-field' ? 1 : 0);
  return {
    firstRow,
    step,
    count: Math.max(1, Math.floor((rect.y + rect.height - firstRow + step - 1) / step)),
  };
}

/** `toFullRange` for means of `columnBits`, as integers of `scaledBits`, with half a level added for rounding. */
export function scaledRange(format: LumaFormat): { scale: number; offset: number } {
  const { scale, offset } = toFullRange(format);
  const toLevels = 2 ** (scaledBits - columnBits);
  return {
    scale: Math.round(scale * 2 ** (format.bitDepth - 8) * toLevels),
    offset: Math.round((offset + 0.5) * 2 ** scaledBits),
  };
}

/** A column's mean times `scale` stays below 2^31. */
const scaledBits = 22;

/** The weighted mean of the source rows of one result row, for every column. */
function meanOfRows(
  plane: LumaPlane,
  start: number,
  rowSamples: number,
  down: AreaTaps,
  y: number,
  bitDepth: number,
  means: Int32Array,
): void {
  const first = down.first[y]!;
  const last = down.last[y]!;
  const top = start + first * rowSamples;
  const bottom = start + last * rowSamples;
  const firstWeight = down.firstWeight[y]!;
  const innerWeight = down.innerWeight[y]!;
  const lastWeight = down.lastWeight[y]!;
  means.fill(0);
  for (let row = first + 1; row < last; row++) addRow(plane, start + row * rowSamples, means);
  const round = 2 ** (bitDepth - 1);
  for (let x = 0; x < means.length; x++) {
    const ends = plane[top + x]! * firstWeight + plane[bottom + x]! * lastWeight;
    means[x] = (ends + means[x]! * innerWeight + round) >> bitDepth;
  }
}

function addRow(plane: LumaPlane, base: number, sums: Int32Array): void {
  for (let x = 0; x < sums.length; x++) sums[x]! += plane[base + x]!;
}

/** One row of the result from the means of its columns. */
function narrowRow(
  means: Int32Array,
  across: AreaTaps,
  scale: number,
  offset: number,
  out: Uint8Array,
  base: number,
): void {
  const { first, last, firstWeight, innerWeight, lastWeight } = across;
  for (let x = 0; x < first.length; x++) {
    const end = last[x]!;
    let inner = 0;
    for (let column = first[x]! + 1; column < end; column++) inner += means[column]!;
    const ends = means[first[x]!]! * firstWeight[x]! + means[end]! * lastWeight[x]!;
    const mean = (ends + inner * innerWeight[x]! + halfWeight) >> weightBits;
    const level = (mean * scale + offset) >> scaledBits;
    out[base + x] = level < 0 ? 0 : level > 255 ? 255 : level;
  }
}

const halfWeight = 2 ** (weightBits - 1);

/** The scale and offset that convert a code of this format to full-range 0..255. */
export function toFullRange(format: { bitDepth: number; range: LumaFormat['range'] }): {
  scale: number;
  offset: number;
} {
  const unit = 2 ** (format.bitDepth - 8);
  if (format.range === 'full') return { scale: 255 / (2 ** format.bitDepth - 1), offset: 0 };
  return { scale: 255 / (219 * unit), offset: (-16 * 255) / 219 };
}

/**
 * Halves both sides of a small full-range picture with means of 2 x 2.
 * @returns a new array; odd last rows and columns are dropped
 */
export function halve(picture: Uint8Array, size: SizePx): { picture: Uint8Array; size: SizePx } {
  const half = { widthPx: size.widthPx >> 1, heightPx: size.heightPx >> 1 };
  const out = new Uint8Array(half.widthPx * half.heightPx);
  halveInto(picture, size, out);
  return { picture: out, size: half };
}

/** Does `halve` into an existing picture. */
export function halveInto(picture: Uint8Array, size: SizePx, out: Uint8Array): void {
  const width = size.widthPx >> 1;
  const height = size.heightPx >> 1;
  for (let y = 0; y < height; y++) {
    let from = 2 * y * size.widthPx;
    const to = y * width;
    for (let x = 0; x < width; x++, from += 2) {
      const below = from + size.widthPx;
      out[to + x] = (picture[from]! + picture[from + 1]! + picture[below]! + picture[below + 1]! + 2) >> 2;
    }
  }
}
