import test from 'ava';
import { linearTaps } from '../../../src/stream/pixels/linear-taps.ts';
import { estimateMotion } from '../../../src/stream/pixels/motion.ts';
import {
  blendAnswer,
  carryBackInto,
  carryInto,
  emptyState,
  joinInto,
} from '../../../src/stream/pixels/steady.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const size = { widthPx: 128, heightPx: 72 };
const answerSize = { widthPx: 32, heightPx: 18 };
const count = size.widthPx * size.heightPx;

test('a pan is found, and colour comes from the previous position of each surface', (t) => {
  const earlier = texture(0, 0);
  const later = texture(6, -4);
  const motion = estimateMotion(earlier, later, size);
  let right = 0;
  let seen = 0;
  for (let y = 12; y < 60; y++) {
    for (let x = 12; x < 116; x++) {
      seen++;
      const from = (y - -4) * size.widthPx + (x - 6);
      if (motion.source[y * size.widthPx + x] === from) right++;
    }
  }
  t.true(right / seen > 0.95, `${right} of ${seen}`);
  t.true(motion.uncovered < 0.15);
});

test('grain and brightness flicker do not count as motion or as change', (t) => {
  const random = seededRandom(5);
  const earlier = texture(0, 0);
  const later = earlier.map((v) => Math.min(255, Math.max(0, v + 6 + (random() - 0.5) * 10)));
  const motion = estimateMotion(earlier, later, size);
  const still = motion.source.filter((from, i) => from === i).length / count;
  t.true(still > 0.97, `${still}`);
  t.true(motion.uncovered < 0.01);
});

test('surfaces that were not there before have a confidence of 0', (t) => {
  const earlier = new Uint8Array(count).fill(90);
  const later = earlier.slice();
  for (let y = 20; y < 50; y++) later.fill(200, y * 128 + 40, y * 128 + 80);
  const { confidence, uncovered } = estimateMotion(earlier, later, size);
  t.true(confidence[35 * 128 + 60]! < 0.1);
  t.true(confidence[5 * 128 + 5]! > 0.9);
  t.true(uncovered > 0.1 && uncovered < 0.2);
});

test('colour is the mean of the answers', (t) => {
  const state = emptyState(size);
  const answers = [flat(20, -30), flat(60, -30), flat(10, 60)];
  const means = answers.map((answer) => {
    blendAnswer(state, answer, size, answerSize);
    return [state.ab[700]!, state.ab[count + 700]!].map(Math.round);
  });
  t.deepEqual(means, [
    [20, -30],
    [40, -30],
    [30, 0],
  ]);
  t.is(state.weight[700], 3);
});

test('carried colour keeps its weight on still pixels and loses it where confidence is low', (t) => {
  const state = emptyState(size);
  blendAnswer(state, flat(10, 10), size, answerSize);
  const source = Int32Array.from({ length: count }, (_, i) => i);
  const confidence = new Float32Array(count).fill(1);
  confidence[9] = 0;
  const carried = emptyState(size);
  carryInto(state, carried, { source, confidence });
  t.is(carried.weight[8], state.weight[8]);
  t.is(carried.weight[9], 0);
  blendAnswer(carried, flat(-40, 0), size, answerSize);
  t.true(Math.abs(carried.ab[9]! + 40) < 1e-4, 'a new surface takes the answer at once');
});

test('colour carried back goes to its source pixel; if several pixels share it, the one with the highest confidence counts', (t) => {
  const state = emptyState(size);
  blendAnswer(state, flat(10, 10), size, answerSize);
  state.ab[21] = 70;
  state.ab[22] = -70;
  const source = Int32Array.from({ length: count }, (_, i) => i);
  source[21] = 20; // a surface that moved by one pixel and covered another one
  source[22] = 20;
  const confidence = new Float32Array(count).fill(1);
  confidence[20] = 0;
  confidence[21] = 0.9;
  confidence[22] = 0.4;
  const back = emptyState(size);
  carryBackInto(state, back, { source, confidence });
  t.is(back.ab[20], 70);
  t.is(back.ab[count + 20], 10);
  t.is(Math.round(back.weight[20]! * 10), 9);
  t.is(back.weight[21], 0, 'nothing later shows what was covered');
  t.is(back.ab[23], 10);
});

test('colour from earlier and later answers is combined by its weights', (t) => {
  const past = emptyState(size);
  const future = emptyState(size);
  for (let k = 0; k < 3; k++) blendAnswer(past, flat(40, 0), size, answerSize);
  blendAnswer(future, flat(0, 20), size, answerSize);
  past.weight[1] = 0;
  future.weight[2] = 0;
  past.weight[3] = future.weight[3] = 0;
  joinInto(past, future);
  const { ab, weight } = future;
  t.deepEqual([...ab.subarray(0, 4)], [30, 0, 40, 0]);
  t.deepEqual([...ab.subarray(count, count + 4)], [5, 20, 0, 0]);
  t.deepEqual([...weight.subarray(0, 4)], [4, 1, 3, 0]);
});

test('linear taps interpolate between centres and clamp at the edges', (t) => {
  const { low, part } = linearTaps(4, 8);
  const values = [0, 10, 20, 30];
  const out = Array.from(low, (k, i) => values[k]! + (values[k + 1]! - values[k]!) * part[i]!);
  t.deepEqual(
    out.map((v) => Math.round(v * 100) / 100),
    [0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30],
  );
});

function flat(a: number, b: number): Float32Array {
  const plane = answerSize.widthPx * answerSize.heightPx;
  return Float32Array.from({ length: 2 * plane }, (_, i) => (i < plane ? a : b));
}

/** A smooth random texture with a seed, moved by whole pixels. */
function texture(dx: number, dy: number): Uint8Array {
  const random = seededRandom(11);
  const waves = Array.from({ length: 24 }, () => ({
    u: (random() - 0.5) * 0.9,
    v: (random() - 0.5) * 0.9,
    phase: random() * 6.28,
    height: 6 + random() * 8,
  }));
  return Uint8Array.from({ length: count }, (_, i) => {
    const x = (i % 128) - dx;
    const y = Math.floor(i / 128) - dy;
    const sum = waves.reduce((s, w) => s + w.height * Math.sin(w.u * x + w.v * y + w.phase), 128);
    return Math.min(255, Math.max(0, sum));
  });
}
