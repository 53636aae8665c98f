import * as tf from '@tensorflow/tfjs-core';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openTensorflow } from '../../../../src/model/tfjs/backend.ts';
import { lumaInput } from '../../../../src/model/tables/nodes.ts';
import { MemoryBatches } from '../../../../src/train/camera/memory-batches.ts';
import { separate } from '../../../../src/train/dataset/pictures/picture-planes.ts';
import { assemble } from '../../../../src/train/features/cached-batches.ts';
import { packRecord, shapeOf } from '../../../../src/train/features/feature-record.ts';
import { lumaMap } from '../../../../src/train/features/luma-map.ts';
import { meanAb } from '../../../../src/train/features/mean-ab.ts';
import type { Batch, BatchSource } from '../../../../src/train/learn/batch.ts';
import { CriticLearner } from '../../../../src/train/learn/critic/critic-learner.ts';
import { CriticNetwork } from '../../../../src/train/learn/critic/critic-network.ts';
import { RivalLearner } from '../../../../src/train/learn/critic/rival-learner.ts';
import { SavedOutputs } from '../../../../src/train/learn/critic/saved-outputs.ts';
import { adversarialTerm } from '../../../../src/train/learn/terms/adversarial-term.ts';
import { trainNetwork, type TrainingResult } from '../../../../src/train/learn/train-network.ts';
import type { Learner } from '../../../../src/train/learn/learner.ts';
import { TrainableNetwork } from '../../../../src/train/learn/trainable-network.ts';
import { Validation } from '../../../../src/train/learn/validation.ts';
import { randomFrom } from '../../../../src/train/random.ts';
import { colourfulPicture } from '../../../helpers/colourful-picture.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

/** The last layers of the seed network on a made picture, and a small critic. */
const size = { widthPx: 32, heightPx: 32 };
const grid = [16, 16] as const;
const spec = { architecture: 'koalarization', head: { kind: 'regression', stride: 2 } } as const;
const plan = { spec, cuts: ['head.upsample'], embeddingSize: 2, hasNorm: true };
const criticSize = { width: 1 / 32, blocks: 1 };
const settings = {
  seed: 3,
  epochs: 2,
  clipNorm: 5,
  averageDecay: 0.9,
  embeddingDropout: 0,
  stopAfter: 9,
  objective: { kind: 'mse', lambda: 0, meanWeight: 0, temperature: 1 },
  learningRate: { base: 1e-3, schedule: 'cosine', warmUpSteps: 0, patience: 9 },
} as const;

const picture = separate(colourfulPicture(size), size);
const records = Array.from({ length: 6 }, (_, i) => {
  const random = randomFrom(i);
  const data = Float32Array.from({ length: 16 * 16 * 64 }, random.uniform);
  return {
    maps: new Map([
      ['head.upsample', { shape: [16, 16, 64] as const, data }],
      [lumaInput, lumaMap(picture.luma, size)],
    ]),
    ab: meanAb(picture.ab, size, 2),
    embedding: Float32Array.of(1, 2),
  };
});
const shape = shapeOf(records[0]!);
const packed = records.map(packRecord);
const source = new MemoryBatches(packed, { shape, grid, batchSize: 2, seed: 3 });
const validation = new Validation([{ ...picture, batch: assemble(packed.slice(0, 1), shape, grid) }]);

/** Trains in a folder, and aborts after this many steps. */
async function train(
  dir: string,
  learner: Learner,
  stopAt: number,
  from: BatchSource = source,
): Promise<TrainingResult> {
  const stop = new AbortController();
  let steps = 0;
  return await trainNetwork({
    learner,
    dir,
    settings,
    signal: stop.signal,
    source: from,
    checkpointEveryMs: Infinity,
    now: () => 0,
    onStep: () => {
      steps += 1;
      if (steps === stopAt) stop.abort(new Error('stopped'));
    },
    onEpoch: () => Promise.resolve(),
    fingerprint: 'rivals',
  });
}

async function trainRivals(dir: string, stopAt = Infinity): Promise<TrainingResult> {
  using network = new TrainableNetwork(plan, () => undefined, 3);
  using critic = new CriticNetwork(criticSize, () => undefined, 4);
  using learner = new RivalLearner({
    ...settings,
    network,
    critic,
    validation,
    terms: [adversarialTerm(1, critic)],
  });
  return await train(dir, learner, stopAt);
}

async function resumesToTheSame(
  t: ExecutionContext,
  run: (dir: string, stopAt?: number) => Promise<TrainingResult>,
): Promise<TrainingResult> {
  const whole = await run(await tempFolder(t));
  const dir = await tempFolder(t);
  await t.throwsAsync(run(dir, 4), { message: 'stopped' });
  const resumed = await run(dir);
  t.deepEqual(resumed.history, whole.history);
  for (const [name, { data }] of whole.weights) t.deepEqual(resumed.weights.get(name)?.data, data, name);
  return whole;
}

test.serial('a network and its critic resume within an epoch to the same weights', async (t) => {
  const { history } = await resumesToTheSame(t, trainRivals);
  t.is(typeof history[0]?.measures?.['criticAccuracy'], 'number');
  t.true((history[1]?.measures?.['networkSteps'] ?? NaN) <= 1);
});

const gray = (batch: Batch): Float32Array => new Float32Array(batch.ab.length);

test.serial('a critic alone learns from saved outputs, and resumes to the same weights', async (t) => {
  const run = async (dir: string, stopAt = Infinity): Promise<TrainingResult> => {
    const saved = await SavedOutputs.make(source, {
      dir: join(dir, 'outputs'),
      colours: gray,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    t.is((await readdir(join(dir, 'outputs'))).length, source.batchesPerEpoch);
    using critic = new CriticNetwork(criticSize, () => undefined, 4);
    const judged = validation.pictures.map(({ batch }) => ({
      ...batch,
      generated: new Int8Array(batch.ab.length),
    }));
    using learner = new CriticLearner({ critic, clipNorm: 5, judged });
    return await train(dir, learner, stopAt, saved);
  };
  const { history } = await resumesToTheSame(t, run);
  t.true(history[1]!.loss < history[0]!.loss, 'it learns to tell colour from gray');
});

test.serial('saved outputs are made once, and continue where they were interrupted', async (t) => {
  const dir = await tempFolder(t);
  let made = 0;
  const stop = new AbortController();
  const options = {
    dir,
    colours: (batch: Batch) => {
      made += 1;
      return gray(batch);
    },
    onProgress: (done: number) => {
      if (done === 2) stop.abort(new Error('stopped'));
    },
  };
  await t.throwsAsync(SavedOutputs.make(source, { ...options, signal: stop.signal }), { message: 'stopped' });
  t.is(made, 2);
  const signal = new AbortController().signal;
  await SavedOutputs.make(source, { ...options, signal });
  await SavedOutputs.make(source, { ...options, signal });
  t.is(made, source.batchesPerEpoch);
});

test.serial('rivals leave no tensor behind', async (t) => {
  const before = tf.memory().numTensors;
  await trainRivals(await tempFolder(t));
  t.is(tf.memory().numTensors, before);
});
