/**
 * `fitChroma` of `../../guided.ts`, row by row. It keeps only as many rows of sums as the window is high, so they stay
 * in the cache.
 */

/** The sums of a window: weight, luma, luma squared, Cb, Cr, luma times Cb, luma times Cr. */
const moments = 7;
/** Slope and base of Cb, slope and base of Cr. */
const coefficients = 4;

/**
 * @param scratch - `fitScratchBytes` of `../compose.ts`
 * @param stride - bytes of a row in the result and in `scratch`
 * @param flatness - this and the next two are the constants of that file
 * @param out - cbSlope, cbBase, crSlope, crBase of the first row, then of the second, each `stride` bytes
 */
export function fitChromaRows(
  luma: usize,
  cb: usize,
  cr: usize,
  weight: usize,
  columns: i32,
  rows: i32,
  radius: i32,
  stride: i32,
  flatness: f32,
  leastWeight: f32,
  perByte: f32,
  share: f32,
  scratch: usize,
  out: usize,
): void {
  const span = 2 * radius + 1;
  // A row with its edges repeated on both sides. Whole vectors are written, so also some numbers after it.
  const padded = stride + radius * 8;
  const line = scratch;
  const sums = line + moments * padded;
  const lines = sums + span * moments * stride;
  const windows = lines + span * coefficients * stride;
  for (let row = 0; row < rows + 2 * radius; row++) {
    if (row < rows) {
      const at = row * columns;
      weigh(
        luma + at,
        cb + at * 4,
        cr + at * 4,
        weight + at * 4,
        columns,
        line + radius * 4,
        padded,
        leastWeight,
        perByte,
      );
      const ring = sums + (row % span) * moments * stride;
      for (let k = 0; k < moments; k++) {
        repeatEdges(line + k * padded, columns, radius);
        sumAcross(line + k * padded, columns, radius, ring + k * stride);
      }
    }
    const fitted = row - radius;
    if (fitted >= 0 && fitted < rows) {
      fitRow(sums, windows, fitted, rows, radius, columns, stride, line + radius * 4, padded, flatness);
      const ring = lines + (fitted % span) * coefficients * stride;
      for (let k = 0; k < coefficients; k++) {
        repeatEdges(line + k * padded, columns, radius);
        sumAcross(line + k * padded, columns, radius, ring + k * stride);
      }
    }
    const done = fitted - radius;
    if (done >= 0) {
      meanRow(lines, windows, done, rows, radius, columns, stride, share, out + done * coefficients * stride);
    }
  }
}

/** The moments of each pixel of a row. */
function weigh(
  luma: usize,
  cb: usize,
  cr: usize,
  weight: usize,
  columns: i32,
  out: usize,
  stride: i32,
  leastWeight: f32,
  perByte: f32,
): void {
  for (let x = 0; x < columns; x += 4) {
    const at = x * 4;
    const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(luma + x));
    const y = f32x4.mul(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(bytes)), f32x4.splat(perByte));
    const w = f32x4.add(v128.load(weight + at), f32x4.splat(leastWeight));
    const wy = f32x4.mul(w, y);
    const blue = v128.load(cb + at);
    const red = v128.load(cr + at);
    let to = out + at;
    v128.store(to, w);
    v128.store((to += stride), wy);
    v128.store((to += stride), f32x4.mul(wy, y));
    v128.store((to += stride), f32x4.mul(w, blue));
    v128.store((to += stride), f32x4.mul(w, red));
    v128.store((to += stride), f32x4.mul(wy, blue));
    v128.store((to += stride), f32x4.mul(wy, red));
  }
}

function repeatEdges(line: usize, columns: i32, radius: i32): void {
  const left = load<f32>(line + radius * 4);
  const end = line + (radius + columns) * 4;
  const right = load<f32>(end - 4);
  for (let k = 0; k < radius; k++) {
    store<f32>(line + k * 4, left);
    store<f32>(end + k * 4, right);
  }
}

/** The sums of the windows of a row. */
function sumAcross(line: usize, columns: i32, radius: i32, out: usize): void {
  const bytes = columns * 4;
  if (radius == 3) {
    for (let at = 0; at < bytes; at += 16) {
      const from = line + at;
      let sum = f32x4.add(v128.load(from), v128.load(from, 4));
      sum = f32x4.add(sum, v128.load(from, 8));
      sum = f32x4.add(sum, v128.load(from, 12));
      sum = f32x4.add(sum, v128.load(from, 16));
      sum = f32x4.add(sum, v128.load(from, 20));
      v128.store(out + at, f32x4.add(sum, v128.load(from, 24)));
    }
    return;
  }
  for (let at = 0; at < bytes; at += 16) {
    let sum = v128.load(line + at);
    for (let k = 1; k <= 2 * radius; k++) sum = f32x4.add(sum, v128.load(line + at + k * 4));
    v128.store(out + at, sum);
  }
}

/** The positions in a ring of the rows of the window around a row. */
function listWindow(ring: usize, windows: usize, row: i32, rows: i32, radius: i32, rowBytes: i32): void {
  const span = 2 * radius + 1;
  for (let k = 0; k < span; k++) {
    const at = min(max(row - radius + k, 0), rows - 1);
    store<u32>(windows + k * 4, <u32>(ring + (at % span) * rowBytes));
  }
}

/** The line of each window of a row. */
function fitRow(
  sums: usize,
  windows: usize,
  row: i32,
  rows: i32,
  radius: i32,
  columns: i32,
  stride: i32,
  out: usize,
  outStride: i32,
  flatness: f32,
): void {
  listWindow(sums, windows, row, rows, radius, moments * stride);
  const last = windows + 8 * radius;
  const one = f32x4.splat(1);
  for (let x = 0; x < columns; x += 4) {
    let from = <usize>load<u32>(windows) + x * 4;
    let w = v128.load(from);
    let y = v128.load((from += stride));
    let yy = v128.load((from += stride));
    let b = v128.load((from += stride));
    let r = v128.load((from += stride));
    let yb = v128.load((from += stride));
    let yr = v128.load((from += stride));
    for (let next = windows + 4; next <= last; next += 4) {
      from = <usize>load<u32>(next) + x * 4;
      w = f32x4.add(w, v128.load(from));
      y = f32x4.add(y, v128.load((from += stride)));
      yy = f32x4.add(yy, v128.load((from += stride)));
      b = f32x4.add(b, v128.load((from += stride)));
      r = f32x4.add(r, v128.load((from += stride)));
      yb = f32x4.add(yb, v128.load((from += stride)));
      yr = f32x4.add(yr, v128.load((from += stride)));
    }
    const total = f32x4.div(one, w);
    const meanY = f32x4.mul(y, total);
    const meanB = f32x4.mul(b, total);
    const meanR = f32x4.mul(r, total);
    const variance = f32x4.sub(f32x4.mul(yy, total), f32x4.mul(meanY, meanY));
    const spread = f32x4.div(one, f32x4.add(f32x4.max(f32x4.splat(0), variance), f32x4.splat(flatness)));
    const slopeB = f32x4.mul(f32x4.sub(f32x4.mul(yb, total), f32x4.mul(meanY, meanB)), spread);
    const slopeR = f32x4.mul(f32x4.sub(f32x4.mul(yr, total), f32x4.mul(meanY, meanR)), spread);
    let to = out + x * 4;
    v128.store(to, slopeB);
    v128.store((to += outStride), f32x4.sub(meanB, f32x4.mul(slopeB, meanY)));
    v128.store((to += outStride), slopeR);
    v128.store((to += outStride), f32x4.sub(meanR, f32x4.mul(slopeR, meanY)));
  }
}

/** The mean of the lines of all windows that contain a pixel of a row. */
function meanRow(
  lines: usize,
  windows: usize,
  row: i32,
  rows: i32,
  radius: i32,
  columns: i32,
  stride: i32,
  share: f32,
  out: usize,
): void {
  listWindow(lines, windows, row, rows, radius, coefficients * stride);
  const last = windows + 8 * radius;
  const part = f32x4.splat(share);
  for (let x = 0; x < columns; x += 4) {
    let from = <usize>load<u32>(windows) + x * 4;
    let cbSlope = v128.load(from);
    let cbBase = v128.load((from += stride));
    let crSlope = v128.load((from += stride));
    let crBase = v128.load((from += stride));
    for (let next = windows + 4; next <= last; next += 4) {
      from = <usize>load<u32>(next) + x * 4;
      cbSlope = f32x4.add(cbSlope, v128.load(from));
      cbBase = f32x4.add(cbBase, v128.load((from += stride)));
      crSlope = f32x4.add(crSlope, v128.load((from += stride)));
      crBase = f32x4.add(crBase, v128.load((from += stride)));
    }
    let to = out + x * 4;
    v128.store(to, f32x4.mul(cbSlope, part));
    v128.store((to += stride), f32x4.mul(cbBase, part));
    v128.store((to += stride), f32x4.mul(crSlope, part));
    v128.store((to += stride), f32x4.mul(crBase, part));
  }
}
