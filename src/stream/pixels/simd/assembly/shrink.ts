/** `shrinkLuma` of `../../shrink.ts`. */

/**
 * The bytes of a row in the table `down`: the first row, the last row, and the weights of the first, the inner and the
 * last one.
 */
const downBytes = 20;
/** Weights sum to 2 to this power. */
const weightBits = 14;
/** A column's mean is in 1/64 of a level: `columnBits` of `../../area-taps.ts`. */
const scaledBits = 22;

/**
 * Shrinks a plane: rows first, into one row of means, then that row's columns.
 * @param source - the first sample of the part that is read
 * @param rowBytes - from one row that is read to the next
 * @param columns - of the part that is read
 * @param down - five i32 for each row of the result
 * @param starts - i32: the first column of each column of the result
 * @param weights - i16, `taps` for each column of the result, zeros after the last
 * @param taps - a multiple of 8
 * @param depth - bits of a sample: 8, or more in two bytes
 * @param means - scratch for `columns + taps + 16` i16
 */
export function shrinkPlane(
  source: usize,
  rowBytes: i32,
  columns: i32,
  down: usize,
  rows: i32,
  starts: usize,
  weights: usize,
  taps: i32,
  outColumns: i32,
  depth: i32,
  scale: i32,
  offset: i32,
  means: usize,
  out: usize,
): void {
  memory.fill(means + columns * 2, 0, (taps + 16) * 2);
  for (let row = 0; row < rows; row++, down += downBytes, out += outColumns) {
    const first = source + load<i32>(down) * rowBytes;
    const last = source + load<i32>(down, 4) * rowBytes;
    if (depth == 8) meanOfBytes(first, last, rowBytes, columns, down, means);
    else meanOfWords(first, last, rowBytes, columns, down, means, depth);
    narrowRow(means, starts, weights, taps, outColumns, scale, offset, out);
  }
}

/** The weighted mean of rows `first` to `last` of 8-bit samples, in 1/64 of a level. */
function meanOfBytes(
  first: usize,
  last: usize,
  rowBytes: i32,
  columns: i32,
  down: usize,
  means: usize,
): void {
  const firstWeight = load<i32>(down, 8);
  const innerWeight = load<i32>(down, 12);
  const lastWeight = load<i32>(down, 16);
  const firstAndInner = i32x4.splat((firstWeight & 0xffff) | (innerWeight << 16));
  const lastAndRound = i32x4.splat((lastWeight & 0xffff) | (128 << 16));
  const one = i16x8.splat(1);
  let x = 0;
  for (; x + 16 <= columns; x += 16) {
    let low = i16x8.splat(0);
    let high = i16x8.splat(0);
    for (let row = first + rowBytes; row < last; row += rowBytes) {
      const samples = v128.load(row + x);
      low = i16x8.add(low, i16x8.extend_low_i8x16_u(samples));
      high = i16x8.add(high, i16x8.extend_high_i8x16_u(samples));
    }
    const top = v128.load(first + x);
    const bottom = v128.load(last + x);
    const at = means + x * 2;
    v128.store(
      at,
      blendRows(
        i16x8.extend_low_i8x16_u(top),
        low,
        i16x8.extend_low_i8x16_u(bottom),
        one,
        firstAndInner,
        lastAndRound,
      ),
    );
    v128.store(
      at,
      blendRows(
        i16x8.extend_high_i8x16_u(top),
        high,
        i16x8.extend_high_i8x16_u(bottom),
        one,
        firstAndInner,
        lastAndRound,
      ),
      16,
    );
  }
  for (; x < columns; x++) {
    let inner = 0;
    for (let row = first + rowBytes; row < last; row += rowBytes) inner += <i32>load<u8>(row + x);
    const sum =
      <i32>load<u8>(first + x) * firstWeight + inner * innerWeight + <i32>load<u8>(last + x) * lastWeight;
    store<i16>(means + x * 2, <i16>((sum + 128) >> 8));
  }
}

/** Eight columns: `first * w0 + inner * w1 + last * w2`, rounded. */
function blendRows(
  first: v128,
  inner: v128,
  last: v128,
  one: v128,
  firstAndInner: v128,
  lastAndRound: v128,
): v128 {
  const low = i32x4.add(
    i32x4.dot_i16x8_s(v128.shuffle<i16>(first, inner, 0, 8, 1, 9, 2, 10, 3, 11), firstAndInner),
    i32x4.dot_i16x8_s(v128.shuffle<i16>(last, one, 0, 8, 1, 9, 2, 10, 3, 11), lastAndRound),
  );
  const high = i32x4.add(
    i32x4.dot_i16x8_s(v128.shuffle<i16>(first, inner, 4, 12, 5, 13, 6, 14, 7, 15), firstAndInner),
    i32x4.dot_i16x8_s(v128.shuffle<i16>(last, one, 4, 12, 5, 13, 6, 14, 7, 15), lastAndRound),
  );
  return i16x8.narrow_i32x4_s(i32x4.shr_s(low, 8), i32x4.shr_s(high, 8));
}

/** The same as `meanOfBytes`, for samples of two bytes. */
function meanOfWords(
  first: usize,
  last: usize,
  rowBytes: i32,
  columns: i32,
  down: usize,
  means: usize,
  depth: i32,
): void {
  const firstWeight = load<i32>(down, 8);
  const innerWeight = load<i32>(down, 12);
  const lastWeight = load<i32>(down, 16);
  const round = 1 << (depth - 1);
  let x = 0;
  for (; x + 8 <= columns; x += 8) {
    const at = x * 2;
    let low = i32x4.splat(0);
    let high = i32x4.splat(0);
    for (let row = first + rowBytes; row < last; row += rowBytes) {
      const samples = v128.load(row + at);
      low = i32x4.add(low, i32x4.extend_low_i16x8_u(samples));
      high = i32x4.add(high, i32x4.extend_high_i16x8_u(samples));
    }
    const top = v128.load(first + at);
    const bottom = v128.load(last + at);
    low = i32x4.add(i32x4.mul(low, i32x4.splat(innerWeight)), i32x4.splat(round));
    high = i32x4.add(i32x4.mul(high, i32x4.splat(innerWeight)), i32x4.splat(round));
    low = i32x4.add(low, i32x4.mul(i32x4.extend_low_i16x8_u(top), i32x4.splat(firstWeight)));
    high = i32x4.add(high, i32x4.mul(i32x4.extend_high_i16x8_u(top), i32x4.splat(firstWeight)));
    low = i32x4.add(low, i32x4.mul(i32x4.extend_low_i16x8_u(bottom), i32x4.splat(lastWeight)));
    high = i32x4.add(high, i32x4.mul(i32x4.extend_high_i16x8_u(bottom), i32x4.splat(lastWeight)));
    v128.store(means + at, i16x8.narrow_i32x4_s(i32x4.shr_s(low, depth), i32x4.shr_s(high, depth)));
  }
  for (; x < columns; x++) {
    const at = x * 2;
    let inner = 0;
    for (let row = first + rowBytes; row < last; row += rowBytes) inner += <i32>load<u16>(row + at);
    const sum =
      <i32>load<u16>(first + at) * firstWeight + inner * innerWeight + <i32>load<u16>(last + at) * lastWeight;
    store<i16>(means + at, <i16>((sum + round) >> depth));
  }
}

/** One row of the result from the means of its columns. */
function narrowRow(
  means: usize,
  starts: usize,
  weights: usize,
  taps: i32,
  outColumns: i32,
  scale: i32,
  offset: i32,
  out: usize,
): void {
  const tapBytes = taps * 2;
  let x = 0;
  for (; x + 4 <= outColumns; x += 4) {
    const at = starts + x * 4;
    const w = weights + x * tapBytes;
    const a = weighed(means + load<i32>(at) * 2, w, tapBytes);
    const b = weighed(means + load<i32>(at, 4) * 2, w + tapBytes, tapBytes);
    const c = weighed(means + load<i32>(at, 8) * 2, w + 2 * tapBytes, tapBytes);
    const d = weighed(means + load<i32>(at, 12) * 2, w + 3 * tapBytes, tapBytes);
    const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
    const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
    const sums = i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
    const mean = i32x4.shr_s(i32x4.add(sums, i32x4.splat(1 << (weightBits - 1))), weightBits);
    const level = i32x4.shr_s(
      i32x4.add(i32x4.mul(mean, i32x4.splat(scale)), i32x4.splat(offset)),
      scaledBits,
    );
    const words = i16x8.narrow_i32x4_s(level, level);
    v128.store32_lane(out + x, i8x16.narrow_i16x8_u(words, words), 0);
  }
  for (; x < outColumns; x++) {
    const a = weighed(means + load<i32>(starts + x * 4) * 2, weights + x * tapBytes, tapBytes);
    const sum =
      i32x4.extract_lane(a, 0) +
      i32x4.extract_lane(a, 1) +
      i32x4.extract_lane(a, 2) +
      i32x4.extract_lane(a, 3);
    const mean = (sum + (1 << (weightBits - 1))) >> weightBits;
    const level = (mean * scale + offset) >> scaledBits;
    store<u8>(out + x, <u8>min(max(level, 0), 255));
  }
}

function weighed(means: usize, weights: usize, tapBytes: i32): v128 {
  let sum = i32x4.dot_i16x8_s(v128.load(means), v128.load(weights));
  for (let at = 16; at < tapBytes; at += 16) {
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(means + at), v128.load(weights + at)));
  }
  return sum;
}
