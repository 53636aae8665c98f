import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import test from 'ava';
import { readCheckpoint, writeCheckpoint } from '../../../src/train/learn/checkpoint.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { MemoryBatches } from '../../../src/train/camera/memory-batches.ts';
import { packRecord, shapeOf } from '../../../src/train/features/feature-record.ts';
import { separate } from '../../../src/train/dataset/pictures/picture-planes.ts';
import { assemble } from '../../../src/train/features/cached-batches.ts';
import { meanAb } from '../../../src/train/features/mean-ab.ts';
import { Adam } from '../../../src/train/learn/adam.ts';
import { NetworkLearner } from '../../../src/train/learn/network-learner.ts';
import { takeStep } from '../../../src/train/learn/step.ts';
import { trainNetwork, type TrainingResult } from '../../../src/train/learn/train-network.ts';
import { TrainableNetwork } from '../../../src/train/learn/trainable-network.ts';
import { Validation } from '../../../src/train/learn/validation.ts';
import { randomFrom } from '../../../src/train/random.ts';
import { colourfulPicture } from '../../helpers/colourful-picture.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

/** The last layers of the seed network, with made features of a 16 x 16 picture. */
const size = { widthPx: 16, heightPx: 16 };
const grid = [8, 8] as const;
const spec = { architecture: 'koalarization', head: { kind: 'regression', stride: 2 } } as const;
const plan = { spec, cuts: ['head.upsample'], embeddingSize: 2, hasNorm: true };
const settings = {
  seed: 3,
  epochs: 2,
  clipNorm: 5,
  averageDecay: 0.9,
  embeddingDropout: 0.2,
  stopAfter: 9,
  objective: { kind: 'mse', lambda: 0, meanWeight: 0, temperature: 1 },
  learningRate: { base: 1e-2, schedule: 'cosine', warmUpSteps: 2, patience: 9 },
} as const;

const picture = separate(colourfulPicture(size), size);
const records = Array.from({ length: 6 }, (_, i) => {
  const random = randomFrom(i);
  const data = Float32Array.from({ length: 8 * 8 * 64 }, random.uniform);
  return {
    maps: new Map([['head.upsample', { shape: [8, 8, 64] as const, data }]]),
    ab: meanAb(picture.ab, size, 2),
    embedding: Float32Array.of(1, 2),
  };
});
const shape = shapeOf(records[0]!);
const packed = records.map(packRecord);

/** Trains in a folder, and aborts after this many steps. */
async function train(dir: string, stopAt = Infinity, seed: number = settings.seed): Promise<TrainingResult> {
  using network = new TrainableNetwork(plan, () => undefined, seed);
  const validation = new Validation([{ ...picture, batch: assemble(packed.slice(0, 1), shape, grid) }]);
  using learner = new NetworkLearner({ ...settings, network, validation });
  const stop = new AbortController();
  let steps = 0;
  return await trainNetwork({
    learner,
    dir,
    settings: { ...settings, seed },
    signal: stop.signal,
    source: new MemoryBatches(packed, { shape, grid, batchSize: 2, seed }),
    checkpointEveryMs: Infinity,
    now: () => 0,
    onStep: () => {
      steps += 1;
      if (steps === stopAt) stop.abort(new Error('stopped'));
    },
    onEpoch: () => Promise.resolve(),
    fingerprint: `seed ${seed}`,
  });
}

test.serial('a run that is interrupted within an epoch resumes to the same numbers', async (t) => {
  const whole = await train(await tempFolder(t));
  const dir = await tempFolder(t);
  await t.throwsAsync(train(dir, 4), { message: 'stopped' });
  const resumed = await train(dir);
  t.deepEqual(resumed.history, whole.history);
  t.is(whole.history.length, 2);
  for (const [name, { data }] of whole.weights) t.deepEqual(resumed.weights.get(name)?.data, data, name);
});

test.serial('the same seed gives the same run, another seed gives another', async (t) => {
  const [one, same, other] = [
    await train(await tempFolder(t)),
    await train(await tempFolder(t)),
    await train(await tempFolder(t), Infinity, 4),
  ];
  t.deepEqual(same.history, one.history);
  t.notDeepEqual(other.history, one.history);
});

test.serial('a checkpoint whose history breaks the schema is reported as damaged', async (t) => {
  const dir = await tempFolder(t);
  await t.throwsAsync(train(dir, 5), { message: 'stopped' });
  const path = join(dir, 'checkpoint.safetensors');
  const stored = await readCheckpoint(path, (state) => state as Record<string, unknown>);
  await writeCheckpoint(path, {
    state: { ...stored!.state, history: ['made up'] },
    tensors: stored!.tensors,
  });
  await t.throwsAsync(train(dir), { code: 'INPUT_DAMAGED' });
});

test.serial('a run leaves no tensor behind', async (t) => {
  const before = tf.memory().numTensors;
  await train(await tempFolder(t));
  t.is(tf.memory().numTensors, before);
});

test.serial('1,000 steps leave no tensor behind, and learn', (t) => {
  using network = new TrainableNetwork(plan, () => undefined, 1);
  using optimizer = new Adam(network.trained, 5);
  const tools = { network, optimizer, objective: settings.objective, embeddingDropout: 0 };
  const batch = assemble(packed.slice(0, 1), shape, grid);
  const losses: number[] = [];
  let tensors = 0;
  for (let step = 0; step < 1000; step++) {
    losses.push(takeStep(tools, batch, { step, learningRate: 1e-3, random: randomFrom(step) }).loss);
    if (step === 0) tensors = tf.memory().numTensors;
  }
  t.is(tf.memory().numTensors, tensors);
  t.true(losses.at(-1)! < losses[0]! / 10, `${losses[0]} to ${losses.at(-1)}`);
});
