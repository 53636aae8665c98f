import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { WeightAverage } from '../../../src/train/learn/weight-average.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

function madeWeights(): Map<string, tf.Variable> {
  return new Map([['w', tf.tidy(() => tf.variable(tf.tensor1d([4, -2])))]]);
}

function set(weights: ReadonlyMap<string, tf.Variable>, values: readonly number[]): void {
  tf.tidy(() => weights.get('w')?.assign(tf.tensor1d([...values])));
}

const valuesOf = (weights: ReadonlyMap<string, tf.Variable>): number[] => [...weights.get('w')!.dataSync()];

test.serial('the average follows with decay min(decay, (1 + step) / (10 + step))', (t) => {
  const weights = madeWeights();
  using average = new WeightAverage(weights, 0.5);
  let expected = 4;
  for (let step = 0; step < 20; step++) {
    const value = Math.sin(step) * 10;
    set(weights, [value, 0]);
    average.follow(weights, step);
    const decay = Math.min(0.5, (1 + step) / (10 + step));
    expected = decay * expected + (1 - decay) * value;
  }
  t.true(Math.abs(valuesOf(average.state)[0]! - expected) < 1e-5);
  tf.dispose([...weights.values()]);
});

test.serial('averages replace the weights for a while, then the weights return', async (t) => {
  const weights = madeWeights();
  using average = new WeightAverage(weights, 0.5);
  set(weights, [10, 10]);
  const before = tf.memory().numTensors;
  const seen = await average.during(weights, () => Promise.resolve(valuesOf(weights)));
  t.deepEqual(seen, [4, -2]);
  t.deepEqual(valuesOf(weights), [10, 10]);
  t.is(tf.memory().numTensors, before);
  tf.dispose([...weights.values()]);
});

test.serial('the weights return also after an error', async (t) => {
  const weights = madeWeights();
  using average = new WeightAverage(weights, 0.5);
  set(weights, [10, 10]);
  const fault = new Error('of the test');
  t.is(await t.throwsAsync(average.during(weights, () => Promise.reject(fault))), fault);
  t.deepEqual(valuesOf(weights), [10, 10]);
  // Later changes of the weights do not change the averages.
  set(weights, [1, 1]);
  t.deepEqual(valuesOf(average.state), [4, -2]);
  tf.dispose([...weights.values()]);
});
