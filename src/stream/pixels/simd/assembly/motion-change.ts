/** `estimateMotion` of `../../motion.ts`: brightness flicker before the search, confidence after it. */

/** The differences of bytes. */
const binCount = 511;

/**
 * The median of `b - a`, by histogram.
 * @param bins - scratch for four times 512 u32
 */
export function medianDifference(a: usize, b: usize, count: i32, bins: usize): i32 {
  memory.fill(bins, 0, 4 * 512 * 4);
  let i = 0;
  // With four histograms an increment need not wait for that of the previous pixel.
  for (; i + 4 <= count; i += 4) {
    countOne(bins, <i32>load<u8>(b + i) - <i32>load<u8>(a + i));
    countOne(bins + 2048, <i32>load<u8>(b + i, 1) - <i32>load<u8>(a + i, 1));
    countOne(bins + 4096, <i32>load<u8>(b + i, 2) - <i32>load<u8>(a + i, 2));
    countOne(bins + 6144, <i32>load<u8>(b + i, 3) - <i32>load<u8>(a + i, 3));
  }
  for (; i < count; i++) countOne(bins, <i32>load<u8>(b + i) - <i32>load<u8>(a + i));
  return medianOf(bins, count);
}

function countOne(bins: usize, value: i32): void {
  const at = bins + ((value + 255) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** The median of i16 in -255..255. */
export function median(values: usize, count: i32, bins: usize): i32 {
  memory.fill(bins, 0, 4 * 512 * 4);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = values + i * 2;
    countOne(bins, <i32>load<i16>(at));
    countOne(bins + 2048, <i32>load<i16>(at, 2));
    countOne(bins + 4096, <i32>load<i16>(at, 4));
    countOne(bins + 6144, <i32>load<i16>(at, 6));
  }
  for (; i < count; i++) countOne(bins, <i32>load<i16>(values + i * 2));
  return medianOf(bins, count);
}

function medianOf(bins: usize, count: i32): i32 {
  let seen: u32 = 0;
  for (let bin = 0; bin < binCount; bin++) {
    const at = bins + bin * 4;
    seen += load<u32>(at) + load<u32>(at, 2048) + load<u32>(at, 4096) + load<u32>(at, 6144);
    if (<i32>(2 * seen) >= count) return bin - 255;
  }
  return 0;
}

/** A picture, darkened (below 0: brightened) by whole levels and clipped. */
export function darken(picture: usize, count: i32, levels: i32, out: usize): void {
  const down = i8x16.splat(<i8>max(levels, 0));
  const up = i8x16.splat(<i8>max(-levels, 0));
  for (let i = 0; i < count; i += 16) {
    v128.store(out + i, i8x16.add_sat_u(i8x16.sub_sat_u(v128.load(picture + i), down), up));
  }
}

/** How much brighter each pixel is than its source, i16. */
export function changeFrom(earlier: usize, later: usize, source: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const before = <i32>load<u8>(earlier + load<u32>(source + i * 4));
    store<i16>(out + i * 2, <i16>(<i32>load<u8>(later + i) - before));
  }
}

/** `min(|value - centre|, 255)`, in place. */
export function distanceTo(centre: i32, values: usize, count: i32): void {
  const from = i16x8.splat(<i16>centre);
  const most = i16x8.splat(255);
  for (let i = 0; i < count; i += 8) {
    const at = values + i * 2;
    v128.store(at, i16x8.min_s(i16x8.abs(i16x8.sub(v128.load(at), from)), most));
  }
}

/**
 * The confidence from the sums over the 3 x 3 around each pixel, with clamped edges.
 * @param distances - i16 `[rows, columns]`
 * @param table - f32: the confidence for each sum
 * @param line - scratch for `columns + 16` i16
 * @param out - f32 `[rows, columns]`
 * @returns the number of pixels with less than a half
 */
export function confide(
  distances: usize,
  columns: i32,
  rows: i32,
  table: usize,
  line: usize,
  out: usize,
): i32 {
  let unsure = 0;
  const first = line + 16;
  const rowBytes = columns * 2;
  for (let row = 0; row < rows; row++, out += columns * 4) {
    const middle = distances + row * rowBytes;
    const above = row > 0 ? middle - rowBytes : middle;
    const below = row + 1 < rows ? middle + rowBytes : middle;
    for (let at = 0; at < rowBytes; at += 16) {
      const sum = i16x8.add(i16x8.add(v128.load(above + at), v128.load(middle + at)), v128.load(below + at));
      v128.store(first + at, sum);
    }
    store<i16>(first - 2, load<i16>(first));
    store<i16>(first + rowBytes, load<i16>(first + rowBytes - 2));
    for (let x = 0; x < columns; x++) {
      const at = first + x * 2;
      const sum = <i32>load<i16>(at - 2) + <i32>load<i16>(at) + <i32>load<i16>(at, 2);
      const confidence = load<f32>(table + ((<usize>sum) << 2));
      store<f32>(out + x * 4, confidence);
      unsure += <i32>(confidence < 0.5);
    }
  }
  return unsure;
}
