/** The steps of `../../steady.ts`. A state is a*, b* `[2 * count]` and weight `[count]`, f32. */

/** `carryInto`: each pixel takes colour and weight from where it was. */
export function carry(
  fromAb: usize,
  fromWeight: usize,
  source: usize,
  confidence: usize,
  count: i32,
  ab: usize,
  weight: usize,
): void {
  const plane = count * 4;
  let here = i32x4(0, 1, 2, 3);
  let i = 0;
  for (; i + 4 <= count; i += 4, here = i32x4.add(here, i32x4.splat(4))) {
    const at = i * 4;
    if (i32x4.all_true(i32x4.eq(v128.load(source + at), here))) {
      v128.store(ab + at, v128.load(fromAb + at));
      v128.store(ab + plane + at, v128.load(fromAb + plane + at));
      v128.store(weight + at, f32x4.mul(v128.load(fromWeight + at), v128.load(confidence + at)));
      continue;
    }
    for (let k = 0; k < 16; k += 4)
      carryOne(fromAb, fromWeight, source, confidence, plane, at + k, ab, weight);
  }
  for (; i < count; i++) carryOne(fromAb, fromWeight, source, confidence, plane, i * 4, ab, weight);
}

function carryOne(
  fromAb: usize,
  fromWeight: usize,
  source: usize,
  confidence: usize,
  plane: i32,
  at: i32,
  ab: usize,
  weight: usize,
): void {
  const from = (<usize>load<u32>(source + at)) << 2;
  store<f32>(ab + at, load<f32>(fromAb + from));
  store<f32>(ab + plane + at, load<f32>(fromAb + plane + from));
  store<f32>(weight + at, load<f32>(fromWeight + from) * load<f32>(confidence + at));
}

/**
 * `carryBackInto`: each pixel gives its colour and weight to where it was; the one with the highest confidence counts.
 */
export function carryBack(
  fromAb: usize,
  fromWeight: usize,
  source: usize,
  confidence: usize,
  count: i32,
  ab: usize,
  weight: usize,
): void {
  const plane = count * 4;
  memory.fill(weight, 0, plane);
  let here = i32x4(0, 1, 2, 3);
  let i = 0;
  for (; i + 4 <= count; i += 4, here = i32x4.add(here, i32x4.splat(4))) {
    const at = i * 4;
    if (i32x4.all_true(i32x4.eq(v128.load(source + at), here))) {
      const sure = f32x4.mul(v128.load(fromWeight + at), v128.load(confidence + at));
      const known = v128.load(weight + at);
      const isSurer = f32x4.gt(sure, known);
      v128.store(weight + at, v128.bitselect(sure, known, isSurer));
      v128.store(ab + at, v128.bitselect(v128.load(fromAb + at), v128.load(ab + at), isSurer));
      const b = ab + plane + at;
      v128.store(b, v128.bitselect(v128.load(fromAb + plane + at), v128.load(b), isSurer));
      continue;
    }
    for (let k = 0; k < 16; k += 4)
      giveOne(fromAb, fromWeight, source, confidence, plane, at + k, ab, weight);
  }
  for (; i < count; i++) giveOne(fromAb, fromWeight, source, confidence, plane, i * 4, ab, weight);
}

function giveOne(
  fromAb: usize,
  fromWeight: usize,
  source: usize,
  confidence: usize,
  plane: i32,
  at: i32,
  ab: usize,
  weight: usize,
): void {
  const to = (<usize>load<u32>(source + at)) << 2;
  const sure = load<f32>(fromWeight + at) * load<f32>(confidence + at);
  if (sure <= load<f32>(weight + to)) return;
  store<f32>(ab + to, load<f32>(fromAb + at));
  store<f32>(ab + plane + to, load<f32>(fromAb + plane + at));
  store<f32>(weight + to, sure);
}

/** `joinInto`: writes the weighted mean of two states into the second one. */
export function join(
  pastAb: usize,
  pastWeight: usize,
  count: i32,
  noWeight: f32,
  ab: usize,
  weight: usize,
): void {
  const plane = count * 4;
  const least = f32x4.splat(noWeight);
  let at = 0;
  for (; at + 16 <= plane; at += 16) {
    const future = v128.load(weight + at);
    const sum = f32x4.add(v128.load(pastWeight + at), future);
    const isKnown = f32x4.ge(sum, least);
    const share = f32x4.div(future, sum);
    const pastA = v128.load(pastAb + at);
    const pastB = v128.load(pastAb + plane + at);
    const a = f32x4.add(pastA, f32x4.mul(f32x4.sub(v128.load(ab + at), pastA), share));
    const b = f32x4.add(pastB, f32x4.mul(f32x4.sub(v128.load(ab + plane + at), pastB), share));
    v128.store(ab + at, v128.and(a, isKnown));
    v128.store(ab + plane + at, v128.and(b, isKnown));
    v128.store(weight + at, v128.and(sum, isKnown));
  }
  for (; at < plane; at += 4) {
    const sum = load<f32>(pastWeight + at) + load<f32>(weight + at);
    const isKnown = sum >= noWeight;
    const share = load<f32>(weight + at) / sum;
    joinOne(pastAb + at, ab + at, share, isKnown);
    joinOne(pastAb + plane + at, ab + plane + at, share, isKnown);
    store<f32>(weight + at, isKnown ? sum : 0);
  }
}

function joinOne(from: usize, at: usize, share: f32, isKnown: bool): void {
  const past = load<f32>(from);
  store<f32>(at, isKnown ? past + (load<f32>(at) - past) * share : 0);
}

/**
 * `blendAnswer`: adds the network's answer to the mean of answers that a state's colour is.
 * @param low - i32; with `part`, f32, the position of each column between the answer's; `rowLow`, `rowPart` likewise
 * @param lines - scratch for two rows of the answer and 16 bytes after each
 */
export function blend(
  ab: usize,
  weight: usize,
  columns: i32,
  rows: i32,
  answer: usize,
  answerColumns: i32,
  answerRows: i32,
  low: usize,
  part: usize,
  rowLow: usize,
  rowPart: usize,
  noWeight: f32,
  mostAnswers: f32,
  lines: usize,
): void {
  const plane = columns * rows * 4;
  const answerPlane = answerColumns * answerRows * 4;
  const lineA = lines;
  const lineB = lines + answerColumns * 4 + 16;
  for (let y = 0; y < rows; y++, ab += columns * 4, weight += columns * 4) {
    const upper = load<i32>(rowLow + y * 4);
    const top = answer + upper * answerColumns * 4;
    const bottom = answer + min(upper + 1, answerRows - 1) * answerColumns * 4;
    const share = load<f32>(rowPart + y * 4);
    between(top, bottom, share, answerColumns, lineA);
    between(top + answerPlane, bottom + answerPlane, share, answerColumns, lineB);
    let x = 0;
    for (; x + 4 <= columns; x += 4) {
      const at = x * 4;
      const right = v128.load(part + at);
      const left = f32x4.sub(f32x4.splat(1), right);
      const known = v128.load(weight + at);
      const more = f32x4.add(known, f32x4.splat(1));
      const isNew = f32x4.lt(known, f32x4.splat(noWeight));
      const one = f32x4.splat(1);
      const weightOfAnswer = v128.bitselect(one, f32x4.div(one, more), isNew);
      mixIn(ab + at, lineA, low + at, left, right, weightOfAnswer);
      mixIn(ab + plane + at, lineB, low + at, left, right, weightOfAnswer);
      v128.store(weight + at, f32x4.min(more, f32x4.splat(mostAnswers)));
    }
    for (; x < columns; x++) {
      const at = x * 4;
      const right = load<f32>(part + at);
      const left: f32 = 1 - right;
      const known = load<f32>(weight + at);
      const more: f32 = known + 1;
      const weightOfAnswer: f32 = known < noWeight ? 1 : 1 / more;
      const from = load<i32>(low + at) * 4;
      mixOne(ab + at, lineA + from, left, right, weightOfAnswer);
      mixOne(ab + plane + at, lineB + from, left, right, weightOfAnswer);
      store<f32>(weight + at, min(more, mostAnswers));
    }
  }
}

/** A row between two rows of the answer, with its last number repeated at the end. */
function between(top: usize, bottom: usize, part: f32, columns: i32, out: usize): void {
  const rest: f32 = 1 - part;
  for (let x = 0; x < columns; x++) {
    store<f32>(out + x * 4, load<f32>(top + x * 4) * rest + load<f32>(bottom + x * 4) * part);
  }
  store<f32>(out + columns * 4, load<f32>(out + columns * 4 - 4));
}

function mixIn(at: usize, line: usize, low: usize, left: v128, right: v128, share: v128): void {
  const first = pairs(line, load<i32>(low), load<i32>(low, 4));
  const second = pairs(line, load<i32>(low, 8), load<i32>(low, 12));
  const value = f32x4.add(
    f32x4.mul(v128.shuffle<i32>(first, second, 0, 2, 4, 6), left),
    f32x4.mul(v128.shuffle<i32>(first, second, 1, 3, 5, 7), right),
  );
  const known = v128.load(at);
  v128.store(at, f32x4.add(known, f32x4.mul(f32x4.sub(value, known), share)));
}

/** Two numbers of a line, each with the next one. */
function pairs(line: usize, a: i32, b: i32): v128 {
  return v128.load64_lane(line + b * 4, v128.load64_zero(line + a * 4), 1);
}

function mixOne(at: usize, from: usize, left: f32, right: f32, share: f32): void {
  const value = load<f32>(from) * left + load<f32>(from, 4) * right;
  const known = load<f32>(at);
  store<f32>(at, known + (value - known) * share);
}
