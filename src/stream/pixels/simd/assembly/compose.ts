/** The rows of `composeChroma` of `../../compose.ts`. */

/**
 * A row of the model, in the frame's codes, interpolated to every column of the frame's chroma.
 * @param model - cbSlope, cbBase, crSlope, crBase, each `stride` bytes; one number after the last is read
 * @param low - i32; with `part`, f32, the position of each column between the model's columns
 * @param quads - scratch for four numbers for each column of the model and one more
 * @param out - four rows, each `outStride` bytes
 */
export function widenRow(
  model: usize,
  stride: i32,
  width: i32,
  low: usize,
  part: usize,
  columns: i32,
  slopeGain: f32,
  lumaOffset: f32,
  scale: f32,
  centre: f32,
  quads: usize,
  out: usize,
  outStride: i32,
): void {
  for (let x = 0; x < width; x += 4) {
    let from = model + x * 4;
    const cbSlope = v128.load(from);
    const cbBase = inCodes(cbSlope, v128.load((from += stride)), lumaOffset, scale, centre);
    const crSlope = v128.load((from += stride));
    const crBase = inCodes(crSlope, v128.load((from += stride)), lumaOffset, scale, centre);
    storeColumns(
      quads + x * 16,
      f32x4.mul(cbSlope, f32x4.splat(slopeGain)),
      cbBase,
      f32x4.mul(crSlope, f32x4.splat(slopeGain)),
      crBase,
    );
  }
  // After the last column, the last column is used again.
  v128.store(quads + width * 16, v128.load(quads + width * 16 - 16));
  for (let x = 0; x < columns; x += 4) {
    const at = x * 4;
    const a = blended(quads, load<i32>(low + at), v128.load32_splat(part + at));
    const b = blended(quads, load<i32>(low + at, 4), v128.load32_splat(part + at, 4));
    const c = blended(quads, load<i32>(low + at, 8), v128.load32_splat(part + at, 8));
    const d = blended(quads, load<i32>(low + at, 12), v128.load32_splat(part + at, 12));
    const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const abEnd = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cdEnd = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    let to = out + at;
    v128.store(to, v128.shuffle<i32>(ab, cd, 0, 1, 4, 5));
    v128.store((to += outStride), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
    v128.store((to += outStride), v128.shuffle<i32>(abEnd, cdEnd, 0, 1, 4, 5));
    v128.store((to += outStride), v128.shuffle<i32>(abEnd, cdEnd, 2, 3, 6, 7));
  }
}

function inCodes(slope: v128, base: v128, lumaOffset: f32, scale: f32, centre: f32): v128 {
  const full = f32x4.add(base, f32x4.mul(slope, f32x4.splat(lumaOffset)));
  return f32x4.add(f32x4.mul(full, f32x4.splat(scale)), f32x4.splat(centre));
}

/** Four columns of four rows, one column after the other. */
function storeColumns(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const abEnd = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdEnd = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i32>(ab, cd, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<i32>(ab, cd, 2, 3, 6, 7), 16);
  v128.store(to, v128.shuffle<i32>(abEnd, cdEnd, 0, 1, 4, 5), 32);
  v128.store(to, v128.shuffle<i32>(abEnd, cdEnd, 2, 3, 6, 7), 48);
}

function blended(quads: usize, column: i32, part: v128): v128 {
  const at = quads + ((<usize>column) << 4);
  const left = v128.load(at);
  return f32x4.add(left, f32x4.mul(f32x4.sub(v128.load(at, 16), left), part));
}

/** `lower - upper` of two interpolated rows: the difference between them. */
export function subtract(upper: usize, lower: usize, out: usize, bytes: i32): void {
  for (let at = 0; at < bytes; at += 16) {
    v128.store(out + at, f32x4.sub(v128.load(lower + at), v128.load(upper + at)));
  }
}

/**
 * The sums of the luma samples that belong to the chroma samples of a row, as f32.
 * @param a - the first sample of one of two rows; `b` is that of the other
 * @param pairs - columns that belong to two samples of a row
 * @param columns - those after `pairs` belong to the sample at `edge`, bytes
 * @param sampleBytes - 1 or 2
 */
export function sumPairs(
  a: usize,
  b: usize,
  pairs: i32,
  columns: i32,
  edge: i32,
  sampleBytes: i32,
  out: usize,
): void {
  let x = 0;
  if (sampleBytes == 1) {
    for (; x + 8 <= pairs; x += 8) {
      const sums = i16x8.add(
        i16x8.extadd_pairwise_i8x16_u(v128.load(a + 2 * x)),
        i16x8.extadd_pairwise_i8x16_u(v128.load(b + 2 * x)),
      );
      v128.store(out + x * 4, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(sums)));
      v128.store(out + x * 4, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(sums)), 16);
    }
  } else {
    for (; x + 4 <= pairs; x += 4) {
      const sums = i32x4.add(
        i32x4.extadd_pairwise_i16x8_u(v128.load(a + 4 * x)),
        i32x4.extadd_pairwise_i16x8_u(v128.load(b + 4 * x)),
      );
      v128.store(out + x * 4, f32x4.convert_i32x4_u(sums));
    }
  }
  for (; x < pairs; x++) {
    const at = 2 * x * sampleBytes;
    const sum =
      sampleAt(a + at, sampleBytes) +
      sampleAt(a + at + sampleBytes, sampleBytes) +
      sampleAt(b + at, sampleBytes) +
      sampleAt(b + at + sampleBytes, sampleBytes);
    store<f32>(out + x * 4, <f32>sum);
  }
  for (; x < columns; x++) {
    const sum = 2 * (sampleAt(a + edge, sampleBytes) + sampleAt(b + edge, sampleBytes));
    store<f32>(out + x * 4, <f32>sum);
  }
}

/** The same as `sumPairs`, if each chroma sample belongs to one luma sample of each row. */
export function sumSingles(a: usize, b: usize, columns: i32, sampleBytes: i32, out: usize): void {
  let x = 0;
  if (sampleBytes == 1) {
    for (; x + 8 <= columns; x += 8) {
      const sums = i16x8.add(v128.load8x8_u(a + x), v128.load8x8_u(b + x));
      v128.store(out + x * 4, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(sums)));
      v128.store(out + x * 4, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(sums)), 16);
    }
  } else {
    for (; x + 4 <= columns; x += 4) {
      const sums = i32x4.add(v128.load16x4_u(a + 2 * x), v128.load16x4_u(b + 2 * x));
      v128.store(out + x * 4, f32x4.convert_i32x4_u(sums));
    }
  }
  for (; x < columns; x++) {
    const at = x * sampleBytes;
    store<f32>(out + x * 4, <f32>(sampleAt(a + at, sampleBytes) + sampleAt(b + at, sampleBytes)));
  }
}

function sampleAt(at: usize, sampleBytes: i32): u32 {
  return sampleBytes == 1 ? <u32>load<u8>(at) : <u32>load<u16>(at);
}

/**
 * One row of one chroma plane: slope * luma + base, both interpolated between the model's rows, rounded and clipped.
 * @param upper - an interpolated row: slopes, and bases `stride` bytes after them
 * @param way - the difference to the lower row, from `subtract`
 * @param luma - sums of luma, f32
 */
export function writeChromaRow(
  upper: usize,
  way: usize,
  stride: i32,
  part: f32,
  luma: usize,
  columns: i32,
  least: i32,
  most: i32,
  sampleBytes: i32,
  out: usize,
): void {
  const share = f32x4.splat(part);
  let x = 0;
  if (sampleBytes == 1) {
    const low = i8x16.splat(<i8>least);
    const high = i8x16.splat(<i8>most);
    for (; x + 16 <= columns; x += 16) {
      const at = x * 4;
      const words = i16x8.narrow_i32x4_s(
        fourCodes(upper + at, way + at, stride, share, luma + at),
        fourCodes(upper + at + 16, way + at + 16, stride, share, luma + at + 16),
      );
      const moreWords = i16x8.narrow_i32x4_s(
        fourCodes(upper + at + 32, way + at + 32, stride, share, luma + at + 32),
        fourCodes(upper + at + 48, way + at + 48, stride, share, luma + at + 48),
      );
      const bytes = i8x16.narrow_i16x8_u(words, moreWords);
      v128.store(out + x, i8x16.min_u(i8x16.max_u(bytes, low), high));
    }
  } else {
    const low = i32x4.splat(least);
    const high = i32x4.splat(most);
    for (; x + 8 <= columns; x += 8) {
      const at = x * 4;
      const first = fourCodes(upper + at, way + at, stride, share, luma + at);
      const second = fourCodes(upper + at + 16, way + at + 16, stride, share, luma + at + 16);
      v128.store(
        out + 2 * x,
        i16x8.narrow_i32x4_u(
          i32x4.min_s(i32x4.max_s(first, low), high),
          i32x4.min_s(i32x4.max_s(second, low), high),
        ),
      );
    }
  }
  for (; x < columns; x++) {
    const at = x * 4;
    const slope = load<f32>(upper + at) + load<f32>(way + at) * part;
    const base = load<f32>(upper + stride + at) + load<f32>(way + stride + at) * part;
    const code = min(max(<i32>Mathf.trunc(slope * load<f32>(luma + at) + base), least), most);
    if (sampleBytes == 1) store<u8>(out + x, <u8>code);
    else store<u16>(out + 2 * x, <u16>code);
  }
}

/**
 * One row of both chroma planes of a frame of 8 bits, like `sumPairs` and then `writeChromaRow` for each plane, but the
 * sums stay in registers. Sixteen columns at a time: the caller does the rest.
 * @param upper - slope and base of Cb, slope and base of Cr, each `stride` bytes
 * @param a - the first sample of one of two rows of luma; `b` is that of the other
 * @param pairs - columns that belong to two samples of a row
 * @returns the columns that are done
 */
export function writeChromaPair(
  upper: usize,
  way: usize,
  stride: i32,
  part: f32,
  a: usize,
  b: usize,
  pairs: i32,
  least: i32,
  most: i32,
  cb: usize,
  cr: usize,
): i32 {
  const share = f32x4.splat(part);
  const low = f32x4.splat(<f32>least);
  const high = f32x4.splat(<f32>most);
  const toCr = (<usize>stride) << 1;
  let x = 0;
  for (; x + 16 <= pairs; x += 16) {
    const first = pairSums(a + 2 * x, b + 2 * x);
    const second = pairSums(a + 2 * x + 16, b + 2 * x + 16);
    const one = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(first));
    const two = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(first));
    const three = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(second));
    const four = f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(second));
    let from = upper + x * 4;
    let to = way + x * 4;
    v128.store(cb + x, sixteenCodes(from, to, stride, share, one, two, three, four, low, high));
    from += toCr;
    to += toCr;
    v128.store(cr + x, sixteenCodes(from, to, stride, share, one, two, three, four, low, high));
  }
  return x;
}

function pairSums(a: usize, b: usize): v128 {
  return i16x8.add(i16x8.extadd_pairwise_i8x16_u(v128.load(a)), i16x8.extadd_pairwise_i8x16_u(v128.load(b)));
}

function sixteenCodes(
  upper: usize,
  way: usize,
  stride: i32,
  share: v128,
  one: v128,
  two: v128,
  three: v128,
  four: v128,
  low: v128,
  high: v128,
): v128 {
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(
      clippedCodes(upper, way, stride, share, one, low, high),
      clippedCodes(upper + 16, way + 16, stride, share, two, low, high),
    ),
    i16x8.narrow_i32x4_s(
      clippedCodes(upper + 32, way + 32, stride, share, three, low, high),
      clippedCodes(upper + 48, way + 48, stride, share, four, low, high),
    ),
  );
}

/** From here on, a float has no bits for fractions: its last bits are the whole number that was added. */
const wholeFrom: f32 = 8388608;

/**
 * Clips before it cuts the fraction off, so a plain addition can convert: `trunc_sat` takes seven instructions, because
 * it allows for any number.
 */
function clippedCodes(
  upper: usize,
  way: usize,
  stride: i32,
  share: v128,
  luma: v128,
  low: v128,
  high: v128,
): v128 {
  const slope = f32x4.add(v128.load(upper), f32x4.mul(v128.load(way), share));
  const base = f32x4.add(v128.load(upper + stride), f32x4.mul(v128.load(way + stride), share));
  // If it is not a number, the comparisons are false, and the result is `low`.
  const clipped = f32x4.pmin(high, f32x4.pmax(low, f32x4.add(f32x4.mul(slope, luma), base)));
  const whole = f32x4.add(f32x4.floor(clipped), f32x4.splat(wholeFrom));
  return v128.and(whole, i32x4.splat(0xffff));
}

function fourCodes(upper: usize, way: usize, stride: i32, part: v128, luma: usize): v128 {
  const slope = f32x4.add(v128.load(upper), f32x4.mul(v128.load(way), part));
  const base = f32x4.add(v128.load(upper + stride), f32x4.mul(v128.load(way + stride), part));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(slope, v128.load(luma)), base));
}
