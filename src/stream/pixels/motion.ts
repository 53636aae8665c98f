import type { SizePx } from '../../frame.ts';
import { halve } from './shrink.ts';

/**
 * Where each pixel of a small picture was in the picture before it, and how well it is found there.
 * All arrays are `[heightPx * widthPx]` of the small picture.
 */
export interface Motion {
  /** Index of the pixel in the earlier picture (whole-pixel motion: colour is carried, never blurred). */
  readonly source: Int32Array;
  /** 0 (not seen before) .. 1 (surely the same surface) */
  readonly confidence: Float32Array;
  /** Share of pixels with a confidence under 0.5: what only the network can colour. */
  readonly uncovered: number;
}

/** Side of a motion block in the small picture, pixels. */
const blockPx = 8;
/** The window that is compared reaches this far beyond its block, pixels. */
const marginPx = 2;
/** Search reach at the coarsest of three levels, in its pixels (one is four of the small picture). */
const coarseReachPx = 4;
/** A vector must beat standing still by this much a pixel (levels): grain must not look like motion. */
const stillBias = 1.0;
/** Luma difference (levels) beyond the grain at which confidence has fallen to 1/e. */
const differenceLevels = 7;

/**
 * Finds the motion from one small picture to the next by hierarchical block matching (three levels,
 * after Bierling 1988), then lets each 2 x 2 choose among the vectors of the blocks round it and
 * standing still, as overlapped block compensation does.
 *
 * Brightness flicker of old film is taken out first (the median difference), and the grain is
 * measured (median absolute difference), so that neither counts as change.
 * @param earlier - full-range Y', `[h * w]`; not modified
 * @param lit - the later picture, as `earlier`
 * @param stillLevels - a block whose window differs by less (levels a pixel) is taken to stand still without a
 *   search: saves most of the work on a fixed camera; 0: every block is searched
 */
export function estimateMotion(earlier: Uint8Array, lit: Uint8Array, size: SizePx, stillLevels = 0): Motion {
  const later = withoutFlicker(earlier, lit);
  const vectors = blockVectors(earlier, later, size, stillLevels);
  const { widthPx: width, heightPx: height } = size;
  const source = new Int32Array(width * height);
  pickVectors(earlier, later, size, vectors, source);
  const difference = new Float32Array(width * height);
  for (let i = 0; i < difference.length; i++) difference[i] = later[i]! - earlier[source[i]!]!;
  const flicker = median(difference);
  for (let i = 0; i < difference.length; i++) difference[i] = Math.abs(difference[i]! - flicker);
  const smooth = box3(difference, size);
  const grain = Math.min(median(difference), 6);
  const confidence = new Float32Array(width * height);
  let low = 0;
  for (let i = 0; i < confidence.length; i++) {
    const excess = (smooth[i]! - 2 * grain) / differenceLevels;
    const value = excess <= 0 ? 1 : Math.exp(-excess * excess);
    confidence[i] = value;
    if (value < 0.5) low++;
  }
  return { source, confidence, uncovered: low / confidence.length };
}

/** The later picture at the brightness of the earlier one, judged by the median difference. */
function withoutFlicker(earlier: Uint8Array, later: Uint8Array): Uint8Array {
  const difference = new Float32Array(later.length);
  for (let i = 0; i < difference.length; i++) difference[i] = later[i]! - earlier[i]!;
  const flicker = Math.round(median(difference));
  if (flicker === 0) return later;
  const even = new Uint8ClampedArray(later.length);
  for (let i = 0; i < even.length; i++) even[i] = later[i]! - flicker;
  return new Uint8Array(even.buffer);
}

interface BlockVectors {
  readonly across: number;
  readonly down: number;
  readonly x: Int16Array;
  readonly y: Int16Array;
}

/** Block vectors by coarse-to-fine search. */
function blockVectors(
  earlier: Uint8Array,
  later: Uint8Array,
  size: SizePx,
  stillLevels: number,
): BlockVectors {
  const earlierHalf = halve(earlier, size);
  const laterHalf = halve(later, size);
  const earlierQuarter = halve(earlierHalf.picture, earlierHalf.size);
  const laterQuarter = halve(laterHalf.picture, laterHalf.size);
  const levels = [
    {
      earlier: earlierQuarter.picture,
      later: laterQuarter.picture,
      size: laterQuarter.size,
      reach: coarseReachPx,
    },
    { earlier: earlierHalf.picture, later: laterHalf.picture, size: laterHalf.size, reach: 1 },
    { earlier, later, size, reach: 1 },
  ];
  let found: BlockVectors | undefined;
  for (const level of levels) found = searchLevel(level, found, stillLevels * windowArea);
  if (!found) throw new RangeError('a motion search has at least one level');
  return found;
}

interface Level {
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
  readonly size: SizePx;
  readonly reach: number;
}

function searchLevel(level: Level, coarser: BlockVectors | undefined, stillDifference: number): BlockVectors {
  const across = Math.ceil(level.size.widthPx / blockPx);
  const down = Math.ceil(level.size.heightPx / blockPx);
  const x = new Int16Array(across * down);
  const y = new Int16Array(across * down);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const block = row * across + column;
      let bestX = 0;
      let bestY = 0;
      const still = blockDifference(level, column, row, 0, 0, Infinity);
      if (still < stillDifference) continue;
      let best = still - stillBias * windowArea;
      const search = (centreX: number, centreY: number, reach: number): void => {
        for (let dy = centreY - reach; dy <= centreY + reach; dy++) {
          for (let dx = centreX - reach; dx <= centreX + reach; dx++) {
            const cost = blockDifference(level, column, row, dx, dy, best);
            if (cost < best) {
              best = cost;
              bestX = dx;
              bestY = dy;
            }
          }
        }
      };
      if (coarser) {
        const up =
          Math.min(row >> 1, coarser.down - 1) * coarser.across + Math.min(column >> 1, coarser.across - 1);
        search(coarser.x[up]! * 2, coarser.y[up]! * 2, level.reach);
        // The neighbours that are already found: motion is mostly the same next door (3-D recursive search).
        if (column > 0) search(x[block - 1]!, y[block - 1]!, 0);
        if (row > 0) search(x[block - across]!, y[block - across]!, 0);
        if (row > 0 && column + 1 < across) search(x[block - across + 1]!, y[block - across + 1]!, 0);
        search(bestX, bestY, 1);
      } else {
        search(0, 0, level.reach);
      }
      x[block] = bestX;
      y[block] = bestY;
    }
  }
  return { across, down, x, y };
}

const windowArea = (blockPx + 2 * marginPx) ** 2;

/** Sum of absolute differences over a block's window, edges clamped; stops early above `limit`. */
function blockDifference(
  level: Level,
  column: number,
  row: number,
  dx: number,
  dy: number,
  limit: number,
): number {
  const { earlier, later } = level;
  const { widthPx: width, heightPx: height } = level.size;
  const left = column * blockPx - marginPx;
  const top = row * blockPx - marginPx;
  const span = blockPx + 2 * marginPx;
  const inside =
    left >= 0 &&
    top >= 0 &&
    left + span <= width &&
    top + span <= height &&
    left + dx >= 0 &&
    top + dy >= 0 &&
    left + dx + span <= width &&
    top + dy + span <= height;
  let sum = 0;
  for (let yy = 0; yy < span; yy++) {
    if (inside) {
      let a = (top + yy) * width + left;
      let b = a + dy * width + dx;
      for (let xx = 0; xx < span; xx++, a++, b++) {
        const d = later[a]! - earlier[b]!;
        sum += d < 0 ? -d : d;
      }
    } else {
      const ya = clamp(top + yy, height) * width;
      const yb = clamp(top + yy + dy, height) * width;
      for (let xx = 0; xx < span; xx++) {
        const d = later[ya + clamp(left + xx, width)]! - earlier[yb + clamp(left + xx + dx, width)]!;
        sum += d < 0 ? -d : d;
      }
    }
    if (sum > limit) return Infinity;
  }
  return sum;
}

function clamp(value: number, length: number): number {
  return value < 0 ? 0 : value >= length ? length - 1 : value;
}

/** Gives each 2 x 2 the best of standing still, its own block's vector and those of the three blocks nearest. */
function pickVectors(
  earlier: Uint8Array,
  later: Uint8Array,
  size: SizePx,
  vectors: BlockVectors,
  source: Int32Array,
): void {
  const { widthPx: width, heightPx: height } = size;
  const candidates = new Int32Array(4);
  for (let y = 0; y < height; y += 2) {
    const row = y >> 3;
    const nextRow = clamp(row + ((y & 7) < 4 ? -1 : 1), vectors.down);
    for (let x = 0; x < width; x += 2) {
      const column = x >> 3;
      const nextColumn = clamp(column + ((x & 7) < 4 ? -1 : 1), vectors.across);
      candidates[0] = row * vectors.across + column;
      candidates[1] = row * vectors.across + nextColumn;
      candidates[2] = nextRow * vectors.across + column;
      candidates[3] = nextRow * vectors.across + nextColumn;
      let bestX = 0;
      let bestY = 0;
      let moves = 0;
      for (let c = 0; c < 4; c++) moves |= vectors.x[candidates[c]!]! | vectors.y[candidates[c]!]!;
      if (moves === 0) {
        fillPatch(source, width, height, x, y, 0, 0);
        continue;
      }
      let best = patchDifference(earlier, later, width, height, x, y, 0, 0) - stillBias * 16;
      for (let c = 0; c < 4; c++) {
        const dx = vectors.x[candidates[c]!]!;
        const dy = vectors.y[candidates[c]!]!;
        if (dx === 0 && dy === 0) continue;
        const cost = patchDifference(earlier, later, width, height, x, y, dx, dy);
        if (cost < best) {
          best = cost;
          bestX = dx;
          bestY = dy;
        }
      }
      fillPatch(source, width, height, x, y, bestX, bestY);
    }
  }
}

/** Says of each pixel of a 2 x 2 where it was. */
function fillPatch(
  source: Int32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  dx: number,
  dy: number,
): void {
  for (let yy = y; yy < y + 2 && yy < height; yy++) {
    for (let xx = x; xx < x + 2 && xx < width; xx++) {
      source[yy * width + xx] = clamp(yy + dy, height) * width + clamp(xx + dx, width);
    }
  }
}

/** Sum of absolute differences over the 4 x 4 round a 2 x 2, edges clamped. */
function patchDifference(
  earlier: Uint8Array,
  later: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  dx: number,
  dy: number,
): number {
  let sum = 0;
  if (
    x > 0 &&
    y > 0 &&
    x + 3 <= width &&
    y + 3 <= height &&
    x + dx > 0 &&
    y + dy > 0 &&
    x + dx + 3 <= width &&
    y + dy + 3 <= height
  ) {
    let a = (y - 1) * width + x - 1;
    let b = a + dy * width + dx;
    for (let yy = 0; yy < 4; yy++, a += width - 4, b += width - 4) {
      for (let xx = 0; xx < 4; xx++, a++, b++) {
        const d = later[a]! - earlier[b]!;
        sum += d < 0 ? -d : d;
      }
    }
    return sum;
  }
  for (let yy = y - 1; yy < y + 3; yy++) {
    const ya = clamp(yy, height) * width;
    const yb = clamp(yy + dy, height) * width;
    for (let xx = x - 1; xx < x + 3; xx++) {
      const d = later[ya + clamp(xx, width)]! - earlier[yb + clamp(xx + dx, width)]!;
      sum += d < 0 ? -d : d;
    }
  }
  return sum;
}

/** Median of values in -255..255, to a quarter level, by histogram. */
function median(values: Float32Array): number {
  const bins = new Uint32Array(2048);
  for (let i = 0; i < values.length; i++) bins[Math.round(values[i]! * 4) + 1024]!++;
  const half = values.length / 2;
  let count = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    count += bins[bin]!;
    if (count >= half) return (bin - 1024) / 4;
  }
  return 0;
}

/** Mean over 3 x 3, edges clamped. */
function box3(values: Float32Array, size: SizePx): Float32Array {
  const { widthPx: width, heightPx: height } = size;
  const across = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    const base = y * width;
    for (let x = 0; x < width; x++) {
      across[base + x] =
        values[base + (x > 0 ? x - 1 : 0)]! + values[base + x]! + values[base + (x + 1 < width ? x + 1 : x)]!;
    }
  }
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    const base = y * width;
    const above = y > 0 ? base - width : base;
    const below = y + 1 < height ? base + width : base;
    for (let x = 0; x < width; x++)
      out[base + x] = (across[above + x]! + across[base + x]! + across[below + x]!) / 9;
  }
  return out;
}
