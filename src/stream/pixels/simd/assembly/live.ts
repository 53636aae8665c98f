/** The steps of a live camera: `../../camera/`, `../../count-under.ts`, `../../mean.ts`. All numbers are f32 or i32. */

const floatBytes = 4;

/** `followTrack`: each pixel takes its path from where it was. */
export function followPixels(
  fromSource: usize,
  fromConfidence: usize,
  source: usize,
  confidence: usize,
  count: i32,
  toSource: usize,
  toConfidence: usize,
): void {
  let here = i32x4(0, 1, 2, 3);
  let i = 0;
  for (; i + 4 <= count; i += 4, here = i32x4.add(here, i32x4.splat(4))) {
    const at = i * floatBytes;
    if (i32x4.all_true(i32x4.eq(v128.load(source + at), here))) {
      v128.store(toSource + at, v128.load(fromSource + at));
      const sure = f32x4.mul(v128.load(fromConfidence + at), v128.load(confidence + at));
      v128.store(toConfidence + at, sure);
      continue;
    }
    for (let k = 0; k < 16; k += floatBytes)
      followOne(fromSource, fromConfidence, source, confidence, at + k, toSource, toConfidence);
  }
  for (; i < count; i++)
    followOne(fromSource, fromConfidence, source, confidence, i * floatBytes, toSource, toConfidence);
}

function followOne(
  fromSource: usize,
  fromConfidence: usize,
  source: usize,
  confidence: usize,
  at: i32,
  toSource: usize,
  toConfidence: usize,
): void {
  const from = (<usize>load<u32>(source + at)) << 2;
  store<i32>(toSource + at, load<i32>(fromSource + from));
  store<f32>(toConfidence + at, load<f32>(fromConfidence + from) * load<f32>(confidence + at));
}

/** `learnBackground`. `count` is a multiple of 4. */
export function learnPixels(
  source: usize,
  confidence: usize,
  count: i32,
  sure: f32,
  rise: f32,
  stillness: usize,
  isLearning: i32,
  share: f32,
  ab: usize,
  weight: usize,
  background: usize,
): void {
  const one = f32x4.splat(1);
  let here = i32x4(0, 1, 2, 3);
  for (let i = 0; i < count; i += 4, here = i32x4.add(here, i32x4.splat(4))) {
    const at = i * floatBytes;
    const isStill = v128.and(
      i32x4.eq(v128.load(source + at), here),
      f32x4.gt(v128.load(confidence + at), f32x4.splat(sure)),
    );
    const longer = f32x4.min(one, f32x4.add(v128.load(stillness + at), f32x4.splat(rise)));
    const still = v128.and(longer, isStill);
    v128.store(stillness + at, still);
    if (!isLearning) continue;
    const isSure = v128.and(f32x4.ge(still, one), f32x4.ge(v128.load(weight + at), one));
    if (!v128.any_true(isSure)) continue;
    learnFour(isSure, share, ab + at, background + at, count * floatBytes);
  }
}

/** @param plane - bytes from a* to b* */
function learnFour(isSure: v128, share: f32, ab: usize, background: usize, plane: i32): void {
  const zero = f32x4.splat(0);
  const a = v128.load(background);
  const b = v128.load(background + plane);
  const isNew = v128.and(f32x4.eq(a, zero), f32x4.eq(b, zero));
  const shares = v128.bitselect(f32x4.splat(1), f32x4.splat(share), isNew);
  const nextA = f32x4.add(a, f32x4.mul(f32x4.sub(v128.load(ab), a), shares));
  const nextB = f32x4.add(b, f32x4.mul(f32x4.sub(v128.load(ab + plane), b), shares));
  v128.store(background, v128.bitselect(nextA, a, isSure));
  v128.store(background + plane, v128.bitselect(nextB, b, isSure));
}

/**
 * `halveColor`.
 * @param columns - of the larger picture, a multiple of 8
 * @param rows - of the larger picture, even
 */
export function halveColorPlanes(
  ab: usize,
  weight: usize,
  columns: i32,
  rows: i32,
  least: f32,
  outAb: usize,
  outWeight: usize,
): void {
  const rowBytes = columns * floatBytes;
  const plane = rowBytes * rows;
  const outPlane = plane >> 2;
  const leastWeight = f32x4.splat(least);
  let out = 0;
  for (let row = 0; row < rows; row += 2) {
    for (let x = 0; x < rowBytes; x += 32, out += 16) {
      const at = row * rowBytes + x;
      const upper = weight + at;
      const lower = upper + rowBytes;
      const w1 = f32x4.add(evens(upper), leastWeight);
      const w2 = f32x4.add(odds(upper), leastWeight);
      const w3 = f32x4.add(evens(lower), leastWeight);
      const w4 = f32x4.add(odds(lower), leastWeight);
      const total = f32x4.add(f32x4.add(f32x4.add(w1, w2), w3), w4);
      v128.store(outAb + out, f32x4.div(weigh(ab + at, rowBytes, w1, w2, w3, w4), total));
      v128.store(outAb + outPlane + out, f32x4.div(weigh(ab + plane + at, rowBytes, w1, w2, w3, w4), total));
      v128.store(outWeight + out, f32x4.mul(total, f32x4.splat(0.25)));
    }
  }
}

/** The weighted sums of 2 x 2 numbers. */
function weigh(upper: usize, rowBytes: i32, w1: v128, w2: v128, w3: v128, w4: v128): v128 {
  const lower = upper + rowBytes;
  const first = f32x4.add(f32x4.mul(w1, evens(upper)), f32x4.mul(w2, odds(upper)));
  return f32x4.add(f32x4.add(first, f32x4.mul(w3, evens(lower))), f32x4.mul(w4, odds(lower)));
}

function evens(at: usize): v128 {
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
}

function odds(at: usize): v128 {
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 1, 3, 5, 7);
}

/** `countUnder`. */
export function countBelow(limit: f32, values: usize, count: i32): i32 {
  let under = i32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4)
    under = i32x4.sub(under, f32x4.lt(v128.load(values + i * floatBytes), f32x4.splat(limit)));
  let sum = sumOf(under);
  for (; i < count; i++) if (load<f32>(values + i * floatBytes) < limit) sum++;
  return sum;
}

/** `countMoving`. */
export function countMovingPixels(source: usize, confidence: usize, count: i32, least: f32): i32 {
  let here = i32x4(0, 1, 2, 3);
  let still = i32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4, here = i32x4.add(here, i32x4.splat(4))) {
    const at = i * floatBytes;
    const isStill = v128.and(
      i32x4.eq(v128.load(source + at), here),
      f32x4.ge(v128.load(confidence + at), f32x4.splat(least)),
    );
    still = i32x4.sub(still, isStill);
  }
  let sum = sumOf(still);
  for (; i < count; i++) {
    const at = i * floatBytes;
    if (load<i32>(source + at) == i && load<f32>(confidence + at) >= least) sum++;
  }
  return count - sum;
}

function sumOf(lanes: v128): i32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}

/** The sum of bytes, for `meanOf`. */
export function sumBytes(bytes: usize, count: i32): i32 {
  let lanes = i32x4.splat(0);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_u(v128.load(bytes + i));
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(pairs));
  }
  let sum = sumOf(lanes);
  for (; i < count; i++) sum += <i32>load<u8>(bytes + i);
  return sum;
}
