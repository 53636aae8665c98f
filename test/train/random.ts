import test from 'ava';
import { randomFrom, shuffle } from '../../src/train/random.ts';

const draws = (count: number, ...seeds: readonly number[]): number[] => {
  const random = randomFrom(...seeds);
  return Array.from({ length: count }, () => random.uniform());
};

test('the same seeds give the same numbers, other seeds give others', (t) => {
  t.deepEqual(draws(20, 1, 2, 3), draws(20, 1, 2, 3));
  const others = [
    [1, 2, 4],
    [1, 3, 3],
    [2, 2, 3],
    [1, 2],
    [3, 2, 1],
    [1, 2, 3, 0],
  ].map((seeds) => draws(1, ...seeds));
  t.is(new Set([...others, draws(1, 1, 2, 3)].flat()).size, 7);
});

test('uniform numbers lie in 0..1, normal ones have mean 0 and deviation 1', (t) => {
  const random = randomFrom(5);
  const count = 20_000;
  const uniform = Array.from({ length: count }, () => random.uniform());
  t.true(uniform.every((value) => value >= 0 && value < 1));
  t.true(Math.abs(mean(uniform) - 0.5) < 0.01);
  const normal = Array.from({ length: count }, () => random.normal());
  // Four standard errors: 4 / sqrt(20000), and for the variance 4 sqrt(2 / 20000).
  t.true(Math.abs(mean(normal)) < 0.03);
  t.true(Math.abs(mean(normal.map((value) => value ** 2)) - 1) < 0.04);
});

test('the first numbers of neighbouring seeds are not correlated', (t) => {
  const firsts = Array.from({ length: 4000 }, (_, seed) => randomFrom(1, 0, seed).uniform());
  const next = firsts.slice(1);
  t.true(Math.abs(mean(firsts) - 0.5) < 0.02);
  const covariance = mean(next.map((value, i) => (value - 0.5) * (firsts[i]! - 0.5)));
  // Each has a variance of 1/12, so four standard errors are 4 / 12 / sqrt(4000).
  t.true(Math.abs(covariance) < 0.0053);
});

test('shuffling keeps each number once, and every position is equally likely', (t) => {
  t.deepEqual(
    shuffle([...Array(100).keys()], randomFrom(1).uniform).sort((a, b) => a - b),
    [...Array(100).keys()],
  );
  const counts = new Float64Array(9);
  for (let seed = 0; seed < 3000; seed++) {
    shuffle([0, 1, 2], randomFrom(seed).uniform).forEach((item, place) => (counts[3 * place + item]! += 1));
  }
  // 1000 each, with a standard deviation of sqrt(3000 x 1/3 x 2/3) = 26
  t.true(counts.every((count) => Math.abs(count - 1000) < 110));
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
