import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { numbersOf, readCheckpoint, restore, writeCheckpoint } from '../../../src/train/learn/checkpoint.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

/** Numbers that would change if they were stored as decimal text or in half precision. */
const values = [Math.fround(1 / 3), -0, 1e-40, 3.4e38, Math.fround(Math.PI)];

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

test.serial('weights come back from a checkpoint to the last bit', async (t) => {
  const path = join(await tempFolder(t), 'checkpoint.safetensors');
  const weights = new Map([['a.weight', tf.variable(tf.tensor(values, [5, 1]))]]);
  const state = { step: 7, note: 'größer' };
  await writeCheckpoint(path, { state, tensors: new Map(await numbersOf('weight', weights)) });
  const stored = await readCheckpoint(path, (value) => value as typeof state);
  t.deepEqual(stored?.state, state);
  t.deepEqual(stored?.tensors.get('weight/a.weight')?.shape, [5, 1]);
  const other = new Map([['a.weight', tf.variable(tf.zeros([5, 1]))]]);
  restore('weight', other, stored!.tensors);
  const bits = (one: Map<string, tf.Variable>): Uint32Array =>
    new Uint32Array(Float32Array.from(one.get('a.weight')!.dataSync()).buffer);
  t.deepEqual(bits(other), bits(weights));
});

test('without a file there is no checkpoint', async (t) => {
  t.is(await readCheckpoint(join(await tempFolder(t), 'none'), (value) => value), undefined);
});

test('a checkpoint that is truncated, or whose state breaks the schema, is reported as damaged', async (t) => {
  const path = join(await tempFolder(t), 'checkpoint.safetensors');
  await writeCheckpoint(path, {
    state: {},
    tensors: new Map([['weight/a', { shape: [5], data: Float32Array.from(values) }]]),
  });
  const refusing = (): never => {
    throw new TypeError('not as expected');
  };
  const message = `${path}: this checkpoint cannot be resumed`;
  await t.throwsAsync(readCheckpoint(path, refusing), { code: 'INPUT_DAMAGED', message });
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, whole.length - 3));
  await t.throwsAsync(
    readCheckpoint(path, () => undefined),
    { code: 'INPUT_DAMAGED', message },
  );
});

test.serial('a checkpoint without a needed tensor is an error', (t) => {
  const weights = new Map([['a', tf.variable(tf.zeros([1]))]]);
  t.throws(() => restore('weight', weights, new Map()), {
    code: 'INPUT_DAMAGED',
    message: 'checkpoint: expected weight/a',
  });
});

test.serial('a checkpoint with a tensor of another shape is an error that names both shapes', (t) => {
  const weights = new Map([['a', tf.variable(tf.zeros([2, 3]))]]);
  const tensors = new Map([['weight/a', { shape: [6], data: new Float32Array(6) }]]);
  t.throws(() => restore('weight', weights, tensors), {
    code: 'INPUT_DAMAGED',
    message: 'checkpoint: expected weight/a of shape [2, 3] but got [6]',
  });
});
