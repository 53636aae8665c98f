import test from 'ava';
import { choosePrecision } from '../../../src/model/engine/precision.ts';

const ready = { name: 'light', activations: { stem: [0, 6] as [number, number] } };
const plain = { name: 'plain' };

test('a CPU computes in 8 bits if the model has ranges, a GPU and TensorFlow in float32', (t) => {
  const facts = { asked: 'auto', device: 'cpu', engine: 'onnx', model: ready } as const;
  t.is(choosePrecision(facts), 'int8');
  t.is(choosePrecision({ ...facts, model: plain }), 'float32');
  t.is(choosePrecision({ ...facts, device: 'cuda' }), 'float32');
  t.is(choosePrecision({ ...facts, engine: 'tensorflow' }), 'float32');
  t.is(choosePrecision({ ...facts, asked: 'float32' }), 'float32');
});

test('8 bits are refused with a cure if they are impossible', (t) => {
  const facts = { asked: 'int8', device: 'cpu', engine: 'onnx', model: ready } as const;
  t.is(choosePrecision(facts), 'int8');
  for (const [change, pattern] of [
    [{ model: plain }, /plain has none/],
    [{ device: 'webgpu' }, /runs on webgpu/],
    [{ engine: 'tensorflow' }, /got tensorflow/],
  ] as const)
    t.throws(() => choosePrecision({ ...facts, ...change }), { code: 'USAGE', message: pattern });
});
