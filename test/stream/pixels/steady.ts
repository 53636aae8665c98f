import test from 'ava';
import { estimateMotion } from '../../../src/stream/pixels/motion.ts';
import { blendAnswer, carryColor, emptyState, linearTaps } from '../../../src/stream/pixels/steady.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const size = { widthPx: 128, heightPx: 72 };
const answerSize = { widthPx: 32, heightPx: 18 };
const count = size.widthPx * size.heightPx;

test('a pan is found: colour comes from where each surface was', (t) => {
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

test('grain and brightness flicker are no motion and no change', (t) => {
  const random = seededRandom(5);
  const earlier = texture(0, 0);
  const later = earlier.map((v) => Math.min(255, Math.max(0, v + 6 + (random() - 0.5) * 10)));
  const motion = estimateMotion(earlier, later, size);
  const still = motion.source.filter((from, i) => from === i).length / count;
  t.true(still > 0.97, `${still}`);
  t.true(motion.uncovered < 0.01);
});

test('what was not there before has no confidence', (t) => {
  const earlier = new Uint8Array(count).fill(90);
  const later = earlier.slice();
  for (let y = 20; y < 50; y++) later.fill(200, y * 128 + 40, y * 128 + 80);
  const { confidence, uncovered } = estimateMotion(earlier, later, size);
  t.true(confidence[35 * 128 + 60]! < 0.1);
  t.true(confidence[5 * 128 + 5]! > 0.9);
  t.true(uncovered > 0.1 && uncovered < 0.2);
});

test('a first answer is taken whole and later ones move the mean less and less', (t) => {
  const state = emptyState(size);
  blendAnswer(state, flat(20, -30), size, answerSize);
  t.true(Math.abs(state.ab[700]! - 20) < 1e-4 && Math.abs(state.ab[count + 700]! + 30) < 1e-4);
  blendAnswer(state, flat(60, -30), size, answerSize);
  const first = state.ab[700]! - 20;
  t.true(first > 0 && first < 15);
  const before = state.ab[700]!;
  blendAnswer(state, flat(60, -30), size, answerSize);
  t.true(state.ab[700]! > before && state.ab[700]! - before < first);
});

test('carried colour keeps its weight on still pixels and loses it where confidence is low', (t) => {
  const state = emptyState(size);
  blendAnswer(state, flat(10, 10), size, answerSize);
  const source = Int32Array.from({ length: count }, (_, i) => i);
  const confidence = new Float32Array(count).fill(1);
  confidence[9] = 0;
  const carried = carryColor(state, { source, confidence, uncovered: 0 });
  t.is(carried.weight[8], state.weight[8]);
  t.is(carried.weight[9], 0);
  blendAnswer(carried, flat(-40, 0), size, answerSize);
  t.true(Math.abs(carried.ab[9]! + 40) < 1e-4, 'a new surface takes the answer at once');
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

/** A smooth seeded texture, moved by whole pixels. */
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
