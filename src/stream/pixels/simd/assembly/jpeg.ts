/** `codePlanes` of `../../jpeg/code-planes.ts`: the entropy-coded part of a baseline JPEG, 4:2:0. */

/** Where the parts of the table are, bytes from its start: `jpegTables` of `../../jpeg/tables.ts`. */
const marginsAt = 128;
const zigzagAt = 256;
const placeAt = 320;
const lumaDcAt = 384;
const chromaDcAt = 448;
const lumaAcAt = 512;
const chromaAcAt = 1536;

/** Bits that wait to be written, and their number. */
let bits: u64 = 0;
let count: i32 = 0;
/** The next byte of the result. */
let next: usize = 0;

/**
 * @param tables - of `jpegTables`
 * @param block - scratch of 128 bytes for a block's coefficients, and 64 for its samples
 * @returns the end of the result
 */
export function codeBlocks(
  y: usize,
  cb: usize,
  cr: usize,
  columns: i32,
  rows: i32,
  tables: usize,
  block: usize,
  out: usize,
): usize {
  bits = 0;
  count = 0;
  next = out;
  const halfColumns = columns >> 1;
  const halfRows = rows >> 1;
  let lastY = 0;
  let lastCb = 0;
  let lastCr = 0;
  for (let top = 0; top < rows; top += 16) {
    for (let left = 0; left < columns; left += 16) {
      lastY = codeBlock(y, columns, rows, left, top, lastY, tables, lumaDcAt, lumaAcAt, block);
      lastY = codeBlock(y, columns, rows, left + 8, top, lastY, tables, lumaDcAt, lumaAcAt, block);
      lastY = codeBlock(y, columns, rows, left, top + 8, lastY, tables, lumaDcAt, lumaAcAt, block);
      lastY = codeBlock(y, columns, rows, left + 8, top + 8, lastY, tables, lumaDcAt, lumaAcAt, block);
      const x = left >> 1;
      const down = top >> 1;
      lastCb = codeBlock(cb, halfColumns, halfRows, x, down, lastCb, tables, chromaDcAt, chromaAcAt, block);
      lastCr = codeBlock(cr, halfColumns, halfRows, x, down, lastCr, tables, chromaDcAt, chromaAcAt, block);
    }
  }
  if (count > 0) {
    // Ones fill the last byte.
    const missing = (8 - (count & 7)) & 7;
    bits = (bits << missing) | ((1 << missing) - 1);
    for (count += missing; count > 0; count -= 8) putByte(<u8>(bits >> (count - 8)));
  }
  return next;
}

/** Codes 8 x 8 samples; beyond the plane its last column and row are repeated. @returns the block's mean */
function codeBlock(
  plane: usize,
  columns: i32,
  rows: i32,
  left: i32,
  top: i32,
  lastDc: i32,
  tables: usize,
  dcAt: i32,
  acAt: i32,
  block: usize,
): i32 {
  let at = plane + top * columns + left;
  let stride = columns;
  if (left + 8 > columns || top + 8 > rows) {
    at = block + 128;
    stride = 8;
    copyEdge(plane, columns, rows, left, top, at);
  }
  transform(at, stride, tables, block);
  return putBlock(block, lastDc, tables, tables + dcAt, tables + acAt);
}

function copyEdge(plane: usize, columns: i32, rows: i32, left: i32, top: i32, out: usize): void {
  for (let row = 0; row < 8; row++) {
    const line = plane + min(top + row, rows - 1) * columns;
    for (let x = 0; x < 8; x++) store<u8>(out + row * 8 + x, load<u8>(line + min(left + x, columns - 1)));
  }
}

/** The quantized coefficients of a block. A line has those of one horizontal frequency. */
function transform(at: usize, stride: i32, tables: usize, out: usize): void {
  const middle = i16x8.splat(128);
  let a = i16x8.sub(v128.load_ext<u8>(at), middle);
  let b = i16x8.sub(v128.load_ext<u8>(at + stride), middle);
  let c = i16x8.sub(v128.load_ext<u8>(at + 2 * stride), middle);
  let d = i16x8.sub(v128.load_ext<u8>(at + 3 * stride), middle);
  let e = i16x8.sub(v128.load_ext<u8>(at + 4 * stride), middle);
  let f = i16x8.sub(v128.load_ext<u8>(at + 5 * stride), middle);
  let g = i16x8.sub(v128.load_ext<u8>(at + 6 * stride), middle);
  let h = i16x8.sub(v128.load_ext<u8>(at + 7 * stride), middle);
  for (let pass = 0; pass < 2; pass++) {
    const s0 = i16x8.add(a, h);
    const s7 = i16x8.sub(a, h);
    const s1 = i16x8.add(b, g);
    const s6 = i16x8.sub(b, g);
    const s2 = i16x8.add(c, f);
    const s5 = i16x8.sub(c, f);
    const s3 = i16x8.add(d, e);
    const s4 = i16x8.sub(d, e);
    const t0 = i16x8.add(s0, s3);
    const t3 = i16x8.sub(s0, s3);
    const t1 = i16x8.add(s1, s2);
    const t2 = i16x8.sub(s1, s2);
    const z3 = i16x8.add(s4, s6);
    const z4 = i16x8.add(s5, s7);
    const isFirst = pass == 0;
    const shift = isFirst ? 11 : 15;
    const round = i32x4.splat(1 << (shift - 1));
    a = even(i16x8.add(t0, t1), isFirst);
    e = even(i16x8.sub(t0, t1), isFirst);
    c = turn(t3, t2, 10703, 4433, round, shift);
    g = turn(t3, t2, 4433, -10704, round, shift);
    const low3 = lowPairs(z3, z4, -6436, 9633);
    const high3 = highPairs(z3, z4, -6436, 9633);
    const low4 = lowPairs(z3, z4, 9633, 6437);
    const high4 = highPairs(z3, z4, 9633, 6437);
    h = odd(s4, s7, -4927, -7373, low3, high3, round, shift);
    b = odd(s4, s7, -7373, 4926, low4, high4, round, shift);
    f = odd(s5, s6, -4176, -20995, low4, high4, round, shift);
    d = odd(s5, s6, -20995, 4177, low3, high3, round, shift);
    if (!isFirst) break;
    const ab0 = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    const ab1 = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    const cd0 = v128.shuffle<i16>(c, d, 0, 8, 1, 9, 2, 10, 3, 11);
    const cd1 = v128.shuffle<i16>(c, d, 4, 12, 5, 13, 6, 14, 7, 15);
    const ef0 = v128.shuffle<i16>(e, f, 0, 8, 1, 9, 2, 10, 3, 11);
    const ef1 = v128.shuffle<i16>(e, f, 4, 12, 5, 13, 6, 14, 7, 15);
    const gh0 = v128.shuffle<i16>(g, h, 0, 8, 1, 9, 2, 10, 3, 11);
    const gh1 = v128.shuffle<i16>(g, h, 4, 12, 5, 13, 6, 14, 7, 15);
    const abcd0 = v128.shuffle<i32>(ab0, cd0, 0, 4, 1, 5);
    const abcd1 = v128.shuffle<i32>(ab0, cd0, 2, 6, 3, 7);
    const abcd2 = v128.shuffle<i32>(ab1, cd1, 0, 4, 1, 5);
    const abcd3 = v128.shuffle<i32>(ab1, cd1, 2, 6, 3, 7);
    const efgh0 = v128.shuffle<i32>(ef0, gh0, 0, 4, 1, 5);
    const efgh1 = v128.shuffle<i32>(ef0, gh0, 2, 6, 3, 7);
    const efgh2 = v128.shuffle<i32>(ef1, gh1, 0, 4, 1, 5);
    const efgh3 = v128.shuffle<i32>(ef1, gh1, 2, 6, 3, 7);
    a = v128.shuffle<i64>(abcd0, efgh0, 0, 2);
    b = v128.shuffle<i64>(abcd0, efgh0, 1, 3);
    c = v128.shuffle<i64>(abcd1, efgh1, 0, 2);
    d = v128.shuffle<i64>(abcd1, efgh1, 1, 3);
    e = v128.shuffle<i64>(abcd2, efgh2, 0, 2);
    f = v128.shuffle<i64>(abcd2, efgh2, 1, 3);
    g = v128.shuffle<i64>(abcd3, efgh3, 0, 2);
    h = v128.shuffle<i64>(abcd3, efgh3, 1, 3);
  }
  v128.store(out, quantized(a, tables));
  v128.store(out, quantized(b, tables + 16), 16);
  v128.store(out, quantized(c, tables + 32), 32);
  v128.store(out, quantized(d, tables + 48), 48);
  v128.store(out, quantized(e, tables + 64), 64);
  v128.store(out, quantized(f, tables + 80), 80);
  v128.store(out, quantized(g, tables + 96), 96);
  v128.store(out, quantized(h, tables + 112), 112);
}

function quantized(line: v128, tables: usize): v128 {
  const margin = v128.load(tables, marginsAt);
  const near = i16x8.max_s(i16x8.min_s(line, margin), i16x8.neg(margin));
  return i16x8.q15mulr_sat_s(i16x8.sub(line, near), v128.load(tables));
}

function even(sum: v128, isFirst: bool): v128 {
  return isFirst ? i16x8.shl(sum, 2) : i16x8.shr_s(i16x8.add(sum, i16x8.splat(2)), 2);
}

/** `a * x + b * y` of the lower four numbers. */
function lowPairs(a: v128, b: v128, x: i32, y: i32): v128 {
  const mixed = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  return i32x4.dot_i16x8_s(mixed, i32x4.splat((x & 0xffff) | (y << 16)));
}

/** `a * x + b * y` of the upper four numbers. */
function highPairs(a: v128, b: v128, x: i32, y: i32): v128 {
  const mixed = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  return i32x4.dot_i16x8_s(mixed, i32x4.splat((x & 0xffff) | (y << 16)));
}

function turn(a: v128, b: v128, x: i32, y: i32, round: v128, shift: i32): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(lowPairs(a, b, x, y), round), shift),
    i32x4.shr_s(i32x4.add(highPairs(a, b, x, y), round), shift),
  );
}

function odd(a: v128, b: v128, x: i32, y: i32, low: v128, high: v128, round: v128, shift: i32): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(i32x4.add(lowPairs(a, b, x, y), low), round), shift),
    i32x4.shr_s(i32x4.add(i32x4.add(highPairs(a, b, x, y), high), round), shift),
  );
}

/** Writes a block's coefficients. @returns its mean */
function putBlock(block: usize, lastDc: i32, tables: usize, dcCodes: usize, acCodes: usize): i32 {
  const dc = <i32>load<i16>(block);
  let waiting = bits;
  let filled = count;
  let to = next;

  let step = dc - lastDc;
  let size = 32 - clz(abs(step));
  let code = load<u32>(dcCodes + (size << 2));
  waiting = (((waiting << (code & 31)) | (code >> 5)) << size) | low(step, size);
  filled += (code & 31) + size;
  if (filled >= 32) {
    filled -= 32;
    to = putWord(<u32>(waiting >> filled), to);
  }

  let order = inOrder(notZero(block) & ~1, tables);
  let last: u64 = 0;
  while (order != 0) {
    const k = ctz(order);
    order &= order - 1;
    let run = <i32>(k - last - 1);
    last = k;
    for (; run >= 16; run -= 16) {
      code = load<u32>(acCodes + (0xf0 << 2));
      waiting = (waiting << (code & 31)) | (code >> 5);
      filled += code & 31;
      if (filled >= 32) {
        filled -= 32;
        to = putWord(<u32>(waiting >> filled), to);
      }
    }
    step = <i32>load<i16>(block + ((<usize>load<u8>(tables + placeAt + <usize>k)) << 1));
    size = 32 - clz(abs(step));
    code = load<u32>(acCodes + (((run << 4) | size) << 2));
    waiting = (((waiting << (code & 31)) | (code >> 5)) << size) | low(step, size);
    filled += (code & 31) + size;
    if (filled >= 32) {
      filled -= 32;
      to = putWord(<u32>(waiting >> filled), to);
    }
  }
  if (last != 63) {
    code = load<u32>(acCodes);
    waiting = (waiting << (code & 31)) | (code >> 5);
    filled += code & 31;
    if (filled >= 32) {
      filled -= 32;
      to = putWord(<u32>(waiting >> filled), to);
    }
  }
  bits = waiting;
  count = filled;
  next = to;
  return dc;
}

/** The bits that follow a code: the number, or the number minus 1 if it is negative. */
function low(value: i32, size: i32): u64 {
  return <u64>((<u32>(value + (value >> 31))) & ((1 << size) - 1));
}

/** One bit for each coefficient. */
function notZero(block: usize): u64 {
  return (
    (<u64>nonZeros(block)) |
    ((<u64>nonZeros(block + 32)) << 16) |
    ((<u64>nonZeros(block + 64)) << 32) |
    ((<u64>nonZeros(block + 96)) << 48)
  );
}

function nonZeros(at: usize): i32 {
  const bytes = i8x16.narrow_i16x8_s(v128.load(at), v128.load(at, 16));
  return i8x16.bitmask(i8x16.ne(bytes, i8x16.splat(0)));
}

/** The same bits in the order in which coefficients are written. */
function inOrder(places: u64, tables: usize): u64 {
  let order: u64 = 0;
  for (; places != 0; places &= places - 1)
    order |= (<u64>1) << (<u64>load<u8>(tables + zigzagAt + <usize>ctz(places)));
  return order;
}

/** Four bytes; a zero follows each byte of ones. */
function putWord(word: u32, to: usize): usize {
  if ((word & 0x80808080 & ~(word + 0x01010101)) == 0) {
    store<u32>(to, bswap(word));
    return to + 4;
  }
  for (let shift = 24; shift >= 0; shift -= 8) {
    const byte = <u8>(word >> shift);
    store<u8>(to++, byte);
    if (byte == 0xff) store<u8>(to++, 0);
  }
  return to;
}

function putByte(byte: u8): void {
  store<u8>(next++, byte);
  if (byte == 0xff) store<u8>(next++, 0);
}
