/** `estimateMotion` of `../../motion.ts`: the search. `motion-change.ts` has what comes before and after it. */

/** The constants of that file. */
const blockPx = 8;
const marginPx = 2;
const windowPx = 12;
const stillBias = 144;
const patchBias = 16;

/** Pictures have this many more columns and rows on each side, copies of their edges. */
const padPx = 32;

/** Copies a picture and repeats its edges `padPx` times. */
export function padPicture(picture: usize, columns: i32, rows: i32, out: usize): void {
  const stride = columns + 2 * padPx;
  const inner = out + padPx * stride;
  for (let row = 0; row < rows; row++) {
    const from = picture + row * columns;
    const to = inner + row * stride;
    memory.fill(to, load<u8>(from), padPx);
    memory.copy(to + padPx, from, columns);
    memory.fill(to + padPx + columns, load<u8>(from + columns - 1), padPx);
  }
  for (let row = 0; row < padPx; row++) {
    memory.copy(out + row * stride, inner, stride);
    memory.copy(inner + (rows + row) * stride, inner + (rows - 1) * stride, stride);
  }
}

// The current level and block. An instance works on one picture at a time.
let earlier: usize = 0;
let later: usize = 0;
let columns: i32 = 0;
let rows: i32 = 0;
let stride: i32 = 0;
let left: i32 = 0;
let top: i32 = 0;
let best: i32 = 0;
let bestX: i32 = 0;
let bestY: i32 = 0;

/** @param earlierPadded - from `padPicture` */
function setLevel(earlierPadded: usize, laterPadded: usize, columnCount: i32, rowCount: i32): void {
  columns = columnCount;
  rows = rowCount;
  stride = columns + 2 * padPx;
  earlier = earlierPadded + padPx * stride + padPx;
  later = laterPadded + padPx * stride + padPx;
}

/**
 * Block vectors of one level.
 * @param coarser - vectors of the level above, `[coarserDown, coarserAcross]` of two i16 (x, y); 0: none
 * @param vectors - overwritten, likewise
 * @returns 0 when nothing moves
 */
export function searchLevel(
  earlierPadded: usize,
  laterPadded: usize,
  columnCount: i32,
  rowCount: i32,
  reach: i32,
  stillDifference: i32,
  coarser: usize,
  coarserAcross: i32,
  coarserDown: i32,
  vectors: usize,
): i32 {
  setLevel(earlierPadded, laterPadded, columnCount, rowCount);
  const across = (columns + blockPx - 1) / blockPx;
  const down = (rows + blockPx - 1) / blockPx;
  let moving = 0;
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const at = vectors + (row * across + column) * 4;
      store<u32>(at, 0);
      left = column * blockPx - marginPx;
      top = row * blockPx - marginPx;
      const still = difference(0, 0);
      // No window can be better than this.
      if (still < stillDifference || still <= stillBias) continue;
      best = still - stillBias;
      bestX = 0;
      bestY = 0;
      if (coarser == 0) search(0, 0, reach);
      else {
        const up = min(row >> 1, coarserDown - 1) * coarserAcross + min(column >> 1, coarserAcross - 1);
        const centreX = 2 * <i32>load<i16>(coarser + up * 4);
        const centreY = 2 * <i32>load<i16>(coarser + up * 4, 2);
        search(centreX, centreY, reach);
        if (column > 0) searchLike(at - 4, centreX, centreY, reach);
        if (row > 0) searchLike(at - across * 4, centreX, centreY, reach);
        if (row > 0 && column + 1 < across) searchLike(at - across * 4 + 4, centreX, centreY, reach);
        if (bestX != centreX || bestY != centreY) search(bestX, bestY, 1);
      }
      store<i16>(at, <i16>bestX);
      store<i16>(at, <i16>bestY, 2);
      moving |= bestX | bestY;
    }
  }
  return moving;
}

/** Tries the vectors around one. */
function search(centreX: i32, centreY: i32, reach: i32): void {
  for (let dy = centreY - reach; dy <= centreY + reach; dy++) {
    for (let dx = centreX - reach; dx <= centreX + reach; dx++) {
      if (dx == 0 && dy == 0) continue;
      const cost = difference(dx, dy);
      if (cost < best) {
        best = cost;
        bestX = dx;
        bestY = dy;
      }
    }
  }
}

/** Tries a neighbour's vector, unless that area has been searched already. */
function searchLike(vector: usize, centreX: i32, centreY: i32, reach: i32): void {
  const dx = <i32>load<i16>(vector);
  const dy = <i32>load<i16>(vector, 2);
  if (abs(dx - centreX) <= reach && abs(dy - centreY) <= reach) return;
  search(dx, dy, 0);
}

/** Sum of absolute differences over a block's window, edges clamped. */
function difference(dx: i32, dy: i32): i32 {
  if (!isPadded(left + dx, top + dy, 16, windowPx)) return clampedDifference(left, top, windowPx, dx, dy);
  let a = later + top * stride + left;
  let b = earlier + (top + dy) * stride + left + dx;
  const twelve = i32x4(-1, -1, -1, 0);
  let sum = i16x8.splat(0);
  for (let row = 0; row < windowPx; row++, a += stride, b += stride) {
    const apart = v128.and(distance(v128.load(a), v128.load(b)), twelve);
    sum = i16x8.add(sum, i16x8.extadd_pairwise_i8x16_u(apart));
  }
  return total(i32x4.extadd_pairwise_i16x8_u(sum));
}

/** Whether a window is inside the padded picture. */
function isPadded(x: i32, y: i32, width: i32, height: i32): bool {
  return x >= -padPx && y >= -padPx && x + width <= columns + padPx && y + height <= rows + padPx;
}

function distance(a: v128, b: v128): v128 {
  return i8x16.sub(i8x16.max_u(a, b), i8x16.min_u(a, b));
}

function total(sums: v128): i32 {
  const pairs = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** For vectors that lead far outside the picture. */
function clampedDifference(x: i32, y: i32, side: i32, dx: i32, dy: i32): i32 {
  let sum = 0;
  for (let row = y; row < y + side; row++) {
    const a = later + clamp(row, rows) * stride;
    const b = earlier + clamp(row + dy, rows) * stride;
    for (let column = x; column < x + side; column++) {
      sum += abs(<i32>load<u8>(a + clamp(column, columns)) - <i32>load<u8>(b + clamp(column + dx, columns)));
    }
  }
  return sum;
}

function clamp(value: i32, length: i32): i32 {
  return min(max(value, 0), length - 1);
}

/**
 * Gives each 2 x 2 the best of no motion, the vector of its own block, and the vectors of the three nearest blocks.
 * @param vectors - of the finest level, two i16 each
 * @param source - `[rows, columns]` i32: where each pixel was; overwritten
 */
export function pickVectors(
  earlierPadded: usize,
  laterPadded: usize,
  columnCount: i32,
  rowCount: i32,
  vectors: usize,
  source: usize,
): void {
  setLevel(earlierPadded, laterPadded, columnCount, rowCount);
  const across = (columns + blockPx - 1) / blockPx;
  const down = (rows + blockPx - 1) / blockPx;
  for (let y = 0; y < rows; y += 2) {
    const row = y >> 3;
    const nextRow = clamp(row + ((y & 7) < 4 ? -1 : 1), down);
    for (let x = 0; x < columns; x += 2) {
      const column = x >> 3;
      const nextColumn = clamp(column + ((x & 7) < 4 ? -1 : 1), across);
      const own = load<u32>(vectors + (row * across + column) * 4);
      const beside = load<u32>(vectors + (row * across + nextColumn) * 4);
      const above = load<u32>(vectors + (nextRow * across + column) * 4);
      const corner = load<u32>(vectors + (nextRow * across + nextColumn) * 4);
      bestX = 0;
      bestY = 0;
      if ((own | beside | above | corner) != 0) {
        const patch = loadPatch(later + (y - 1) * stride + x - 1);
        best = patchDifference(patch, x, y, 0, 0) - patchBias;
        tryVector(patch, x, y, own);
        if (beside != own) tryVector(patch, x, y, beside);
        if (above != beside) tryVector(patch, x, y, above);
        if (corner != above) tryVector(patch, x, y, corner);
      }
      fillPatch(source, x, y);
    }
  }
}

function tryVector(patch: v128, x: i32, y: i32, vector: u32): void {
  const dx = <i32>(<i16>(vector & 0xffff));
  const dy = <i32>(<i16>(vector >> 16));
  if ((dx == 0 && dy == 0) || (dx == bestX && dy == bestY)) return;
  const cost = patchDifference(patch, x, y, dx, dy);
  if (cost < best) {
    best = cost;
    bestX = dx;
    bestY = dy;
  }
}

/** Four rows of four bytes. */
function loadPatch(at: usize): v128 {
  let patch = v128.load32_zero(at);
  patch = v128.load32_lane(at + stride, patch, 1);
  patch = v128.load32_lane(at + 2 * stride, patch, 2);
  return v128.load32_lane(at + 3 * stride, patch, 3);
}

/** The sum of absolute differences over the 4 x 4 around a 2 x 2, with clamped edges. */
function patchDifference(patch: v128, x: i32, y: i32, dx: i32, dy: i32): i32 {
  if (!isPadded(x - 1 + dx, y - 1 + dy, 4, 4)) return clampedDifference(x - 1, y - 1, 4, dx, dy);
  const apart = distance(patch, loadPatch(earlier + (y - 1 + dy) * stride + x - 1 + dx));
  return total(i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(apart)));
}

/** Stores for each pixel of a 2 x 2 where it was. */
function fillPatch(source: usize, x: i32, y: i32): void {
  for (let yy = y; yy < min(y + 2, rows); yy++) {
    for (let xx = x; xx < min(x + 2, columns); xx++) {
      store<i32>(
        source + (yy * columns + xx) * 4,
        clamp(yy + bestY, rows) * columns + clamp(xx + bestX, columns),
      );
    }
  }
}

/** Says that no pixel has moved. */
export function standStill(count: i32, source: usize): void {
  let places = i32x4(0, 1, 2, 3);
  for (let i = 0; i < count; i += 4) {
    v128.store(source + i * 4, places);
    places = i32x4.add(places, i32x4.splat(4));
  }
}
