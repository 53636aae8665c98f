import type { SizePx } from '../../frame.ts';
import { countUnder } from './count-under.ts';
import { halve } from './shrink.ts';

/**
 * Where each pixel of a small picture was in the previous picture, and how sure that is.
 * All arrays are `[heightPx * widthPx]` of the small picture.
 */
export interface MotionArrays {
  /** Index of the pixel in the earlier picture (whole-pixel motion: colour is carried, never blurred). */
  readonly source: Int32Array;
  /** 0 (not seen before) .. 1 (certainly the same surface) */
  readonly confidence: Float32Array;
}

export interface Motion extends MotionArrays {
  /** The share of pixels with a confidence below 0.5, which only the network can colour. */
  readonly uncovered: number;
}

/** The side of a motion block in the small picture, pixels. */
export const blockPx = 8;
/** The compared window extends this far beyond its block, pixels. */
const marginPx = 2;
/** The search range at the coarsest of three levels, in pixels of that level (four of the small picture). */
export const coarseReachPx = 4;
/** A vector must be better than no motion by this much per pixel (levels), so grain does not look like motion. */
const stillBias = 1.0;
/** The luma difference beyond the grain (levels) at which the confidence has fallen to 1/e. */
const differenceLevels = 7;
/** More grain than this counts as change, levels. */
export const mostGrain = 6;

/**
 * Finds the motion from one small picture to the next by hierarchical block matching (three levels, after Bierling
 * 1988). Then each 2 x 2 chooses among no motion and the vectors of the blocks around it, as in overlapped block
 * compensation.
 *
 * The brightness flicker of old film is removed first (the median difference), and the grain is measured (median
 * absolute difference), so neither counts as change.
 * @param earlier - full-range Y', `[h * w]`; not modified
 * @param lit - the later picture, like `earlier`
 * @param stillLevels - a block whose window differs by less (levels per pixel) counts as still without a search, which
 *   saves most of the work on a fixed camera; 0: every block is searched
 */
export function estimateMotion(earlier: Uint8Array, lit: Uint8Array, size: SizePx, stillLevels = 0): Motion {
  const later = withoutFlicker(earlier, lit);
  const source = pickVectors(earlier, later, size, blockVectors(earlier, later, size, stillLevels));
  const change = changeFrom(earlier, later, source);
  distanceTo(median(change), change);
  const confidence = lookUp(confidenceTable(Math.min(median(change), mostGrain)), sums3(change, size));
  return { source, confidence, uncovered: countUnder(0.5, confidence) / confidence.length };
}

// Each loop over a whole picture is in its own function, followed only by `return`. V8 compiles a loop while it runs.
// If other code follows (a call, a new object), it discards the compiled code at that point, in every call.

/** How much brighter each pixel is than its source. */
function changeFrom(earlier: Uint8Array, later: Uint8Array, source: Int32Array): Int16Array {
  const change = new Int16Array(later.length);
  for (let i = 0; i < change.length; i++) change[i] = later[i]! - earlier[source[i]!]!;
  return change;
}

/** The absolute differences, limited to 255. */
function distanceTo(centre: number, values: Int16Array): void {
  for (let i = 0; i < values.length; i++) values[i] = Math.min(Math.abs(values[i]! - centre), 255);
}

function lookUp(table: Float32Array, indices: Int16Array): Float32Array {
  const values = new Float32Array(indices.length);
  for (let i = 0; i < values.length; i++) values[i] = table[indices[i]!]!;
  return values;
}

const tables = new Map<number, Float32Array>();

/**
 * The confidence from the sum of the differences over the 3 x 3 around a pixel.
 * @param grain - levels, 0..`mostGrain`
 */
export function confidenceTable(grain: number): Float32Array {
  const known = tables.get(grain);
  if (known) return known;
  const table = Float32Array.from({ length: 9 * 255 + 1 }, (_, sum) => {
    const excess = (sum / 9 - 2 * grain) / differenceLevels;
    return excess <= 0 ? 1 : Math.exp(-excess * excess);
  });
  tables.set(grain, table);
  return table;
}

/** The later picture at the brightness of the earlier one, according to the median difference. */
function withoutFlicker(earlier: Uint8Array, later: Uint8Array): Uint8Array {
  const flicker = median(subtract(later, earlier));
  return flicker === 0 ? later : darken(later, flicker);
}

function subtract(from: Uint8Array, picture: Uint8Array): Int16Array {
  const difference = new Int16Array(from.length);
  for (let i = 0; i < difference.length; i++) difference[i] = from[i]! - picture[i]!;
  return difference;
}

function darken(picture: Uint8Array, levels: number): Uint8Array {
  const darker = new Uint8ClampedArray(picture.length);
  for (let i = 0; i < darker.length; i++) darker[i] = picture[i]! - levels;
  return new Uint8Array(darker.buffer);
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
  const half = halveBoth({ earlier, later, size });
  const levels = [
    { ...halveBoth(half), reach: coarseReachPx },
    { ...half, reach: 1 },
    { earlier, later, size, reach: 1 },
  ];
  let found: BlockVectors | undefined;
  for (const level of levels) found = searchLevel(level, found, stillLevels * windowArea);
  if (!found) throw new RangeError('a motion search has at least one level');
  return found;
}

/** Two pictures of one size. */
interface Pair {
  readonly earlier: Uint8Array;
  readonly later: Uint8Array;
  readonly size: SizePx;
}

interface Level extends Pair {
  readonly reach: number;
}

function halveBoth({ earlier, later, size }: Pair): Pair {
  const half = halve(later, size);
  return { earlier: halve(earlier, size).picture, later: half.picture, size: half.size };
}

function searchLevel(level: Level, coarser: BlockVectors | undefined, stillDifference: number): BlockVectors {
  const across = Math.ceil(level.size.widthPx / blockPx);
  const down = Math.ceil(level.size.heightPx / blockPx);
  const x = new Int16Array(across * down);
  const y = new Int16Array(across * down);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const block = row * across + column;
      const still = blockDifference(level, column, row, 0, 0, Infinity);
      // No window can be better than this.
      if (still < stillDifference || still <= stillBias * windowArea) continue;
      let bestX = 0;
      let bestY = 0;
      let best = still - stillBias * windowArea;
      const search = (centreX: number, centreY: number, reach: number): void => {
        for (let dy = centreY - reach; dy <= centreY + reach; dy++) {
          for (let dx = centreX - reach; dx <= centreX + reach; dx++) {
            if (dx === 0 && dy === 0) continue;
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
        const centreX = coarser.x[up]! * 2;
        const centreY = coarser.y[up]! * 2;
        search(centreX, centreY, level.reach);
        const searchOne = (dx: number, dy: number): void => {
          const isSearched = Math.abs(dx - centreX) <= level.reach && Math.abs(dy - centreY) <= level.reach;
          if (!isSearched) search(dx, dy, 0);
        };
        // The neighbours that are already known, because neighbouring blocks mostly have the same motion (3-D recursive
        // search).
        if (column > 0) searchOne(x[block - 1]!, y[block - 1]!);
        if (row > 0) searchOne(x[block - across]!, y[block - across]!);
        if (row > 0 && column + 1 < across) searchOne(x[block - across + 1]!, y[block - across + 1]!);
        if (bestX !== centreX || bestY !== centreY) search(bestX, bestY, 1);
      } else {
        search(0, 0, level.reach);
      }
      x[block] = bestX;
      y[block] = bestY;
    }
  }
  return { across, down, x, y };
}

const windowPx = blockPx + 2 * marginPx;
export const windowArea = windowPx ** 2;

/**
 * The sum of absolute differences over a block's window, with clamped edges; Infinity as soon as it reaches `limit`.
 */
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
  const isInside =
    left >= 0 &&
    top >= 0 &&
    left + windowPx <= width &&
    top + windowPx <= height &&
    left + dx >= 0 &&
    top + dy >= 0 &&
    left + dx + windowPx <= width &&
    top + dy + windowPx <= height;
  let sum = 0;
  for (let yy = 0; yy < windowPx; yy++) {
    if (isInside) {
      let a = (top + yy) * width + left;
      let b = a + dy * width + dx;
      for (let xx = 0; xx < windowPx; xx++, a++, b++) {
        const d = later[a]! - earlier[b]!;
        sum += d < 0 ? -d : d;
      }
    } else {
      const ya = clamp(top + yy, height) * width;
      const yb = clamp(top + yy + dy, height) * width;
      for (let xx = 0; xx < windowPx; xx++) {
        const d = later[ya + clamp(left + xx, width)]! - earlier[yb + clamp(left + xx + dx, width)]!;
        sum += d < 0 ? -d : d;
      }
    }
    if (sum >= limit) return Infinity;
  }
  return sum;
}

function clamp(value: number, length: number): number {
  return value < 0 ? 0 : value >= length ? length - 1 : value;
}

/** Gives each 2 x 2 the best of no motion, the vector of its own block, and the vectors of the three nearest blocks. */
function pickVectors(
  earlier: Uint8Array,
  later: Uint8Array,
  size: SizePx,
  vectors: BlockVectors,
): Int32Array {
  const { widthPx: width, heightPx: height } = size;
  const source = new Int32Array(width * height);
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
      let lastX = 0;
      let lastY = 0;
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
        if ((dx === 0 && dy === 0) || (dx === bestX && dy === bestY)) continue;
        if (c > 0 && dx === lastX && dy === lastY) continue;
        lastX = dx;
        lastY = dy;
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
  return source;
}

/** Stores for each pixel of a 2 x 2 where it was. */
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

/** The sum of absolute differences over the 4 x 4 around a 2 x 2, with clamped edges. */
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

/** Median of whole numbers in -255..255, by histogram. */
function median(values: Int16Array): number {
  const bins = new Uint32Array(511);
  for (let i = 0; i < values.length; i++) bins[values[i]! + 255]!++;
  const half = values.length / 2;
  let count = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    count += bins[bin]!;
    if (count >= half) return bin - 255;
  }
  return 0;
}

/** Sums over 3 x 3, edges clamped. */
function sums3(values: Int16Array, size: SizePx): Int16Array {
  const { widthPx: width, heightPx: height } = size;
  const across = new Int16Array(values.length);
  for (let y = 0; y < height; y++) {
    const base = y * width;
    for (let x = 0; x < width; x++) {
      across[base + x] =
        values[base + (x > 0 ? x - 1 : 0)]! + values[base + x]! + values[base + (x + 1 < width ? x + 1 : x)]!;
    }
  }
  const out = new Int16Array(values.length);
  for (let y = 0; y < height; y++) {
    const base = y * width;
    const above = y > 0 ? base - width : base;
    const below = y + 1 < height ? base + width : base;
    for (let x = 0; x < width; x++)
      out[base + x] = across[above + x]! + across[base + x]! + across[below + x]!;
  }
  return out;
}
