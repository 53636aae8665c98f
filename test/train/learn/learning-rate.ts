import test from 'ava';
import { LearningRate } from '../../../src/train/learn/learning-rate.ts';

const common = { base: 0.01, warmUpSteps: 0, totalSteps: 100, patience: 2 };
const near = (got: number, expected: number): boolean => Math.abs(got - expected) < 1e-12;

test('it rises evenly during warm-up and is complete at the last warm-up step', (t) => {
  for (const schedule of ['plateau', 'cosine'] as const) {
    const rate = new LearningRate({ ...common, schedule, warmUpSteps: 4 });
    t.true([0, 1, 2, 3].every((step) => near(rate.at(step), (0.01 * (step + 1)) / 4)));
  }
});

test('cosine: whole at first, the mean of both halfway, a hundredth at the end and after it', (t) => {
  const rate = new LearningRate({ ...common, schedule: 'cosine', warmUpSteps: 20, totalSteps: 120 });
  t.true(near(rate.at(20), 0.01));
  t.true(near(rate.at(70), 0.01 * 0.505));
  t.true(near(rate.at(45), 0.01 * (0.01 + 0.99 * (0.5 + Math.SQRT1_2 / 2))));
  t.true(near(rate.at(120), 0.0001) && near(rate.at(1000), 0.0001));
});

test('plateau: it falls to a tenth after `patience` epochs without a better score, then counts again', (t) => {
  const rate = new LearningRate({ ...common, schedule: 'plateau' });
  const seen = [5, 4, 4.5, 4, 3, 3, 3, 3, 3].map((score) => [rate.report(score), rate.at(0)] as const);
  t.deepEqual(
    seen.map(([isBest]) => isBest),
    [true, true, false, false, true, false, false, false, false],
  );
  const factors = [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001];
  t.true(seen.every(([, at], i) => near(at, 0.01 * factors[i]!)));
});

test('a schedule resumes from its state', (t) => {
  const whole = new LearningRate({ ...common, schedule: 'plateau' });
  whole.report(5);
  whole.report(6);
  const resumed = new LearningRate({ ...common, schedule: 'plateau' }, { ...whole.state });
  for (const rate of [whole, resumed]) rate.report(6);
  t.deepEqual(resumed.state, { reductions: 1, badEpochs: 0, best: 5 });
  t.deepEqual(resumed.state, whole.state);
});
