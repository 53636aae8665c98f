import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import { bundledEmbedding } from '../../../src/model/embedding/embedding-file.ts';
import { loadModel, type Model } from '../../../src/model/model.ts';
import { openColorizer } from '../../../src/model/open-colorizer.ts';
import { lumaInput } from '../../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { ColorCounter } from '../../../src/train/dataset/prior.ts';
import { lumaBatch } from '../../../src/train/features/luma-batch.ts';
import type { Batch } from '../../../src/train/learn/batch.ts';
import { Adam } from '../../../src/train/learn/adam.ts';
import { meanEmbedding } from '../../../src/train/features/mean-embedding.ts';
import { inputOf, takeStep } from '../../../src/train/learn/step.ts';
import { TrainableNetwork } from '../../../src/train/learn/trainable-network.ts';
import { baseOf, chooseBase } from '../../../src/train/run/base-model.ts';
import { exportModel } from '../../../src/train/run/export-model.ts';
import { randomFrom } from '../../../src/train/random.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample } from '../../helpers/training-samples.ts';

const size = { widthPx: 32, heightPx: 24 };
const views = ['a', 'b'].map((key) => {
  const sample = madeSample(key, size);
  return { ...sample, embedding: meanEmbedding(sample) };
});
const rebalanced = { kind: 'rebalanced', lambda: 0.5, meanWeight: 0, temperature: 0.38 } as const;
const parts = {
  name: 'noise',
  version: 1,
  shortSidePx: 24,
  provenance: { description: 'a test', trainedOn: 'noise', licence: 'CC0-1.0' },
};
const report = {
  epoch: 0,
  step: 6,
  loss: 1,
  learningRate: 1e-3,
  isBest: true,
  scores: { psnrDb: 20, ciede2000: 10, colourfulness: 30, score: 10 },
};
const objective = { kind: 'mse', lambda: 0, meanWeight: 0, temperature: 1 } as const;

test('an exported model colours like the trained network, batch norm included', async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  const trunk = await bundledEmbedding();
  const from = await loadModel('starter');
  const prior = new ColorCounter().prior();
  const base = await chooseBase({ base: from, isFresh: true, part: 'all', objective }, prior, trunk);
  using network = new TrainableNetwork(
    { spec: base.spec, cuts: [lumaInput], embeddingSize: base.embedding.size, hasNorm: true },
    () => undefined,
    1,
  );
  const batch = lumaBatch(views, base.head.stride);
  using optimizer = new Adam(network.trained, 5);
  for (let step = 0; step < 6; step++)
    takeStep({ network, optimizer, objective, embeddingDropout: 0 }, batch, {
      step,
      learningRate: 1e-3,
      random: randomFrom(step),
    });
  const trained = answer(network, batch);

  const dir = await tempFolder(t);
  await exportModel(
    dir,
    { ...parts, base, from, trunk, head: base.head },
    { trained: network.exportWeights(), report },
  );
  t.true(relativeError(await colour(dir), trained) < 1e-2);
});

test('a trunk with a trained last block goes into the model, and from there into the next one', async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  const trunk = await bundledEmbedding();
  const from = await sharingModel(t);
  const prior = new ColorCounter().prior();
  const wish = { isFresh: false, objective: rebalanced };
  const base = await chooseBase({ ...wish, base: from, part: 'trunk' }, prior, trunk);
  const plan = { spec: base.spec, cuts: [lumaInput], embeddingSize: base.embedding.size, hasNorm: false };
  const initial = base.weights!;
  const changed = (name: string): Float32Array =>
    initial(name).map((value) => (/^trunk.conv2d_(6[1-9]|70).weight/.test(name) ? value * 1.3 : value));
  using network = new TrainableNetwork(plan, changed, 1);
  using before = new TrainableNetwork(plan, initial, 1);
  const batch = lumaBatch(views, base.head.stride);
  const trained = answer(network, batch);
  const changes = relativeError(answer(before, batch), trained);
  t.true(changes > 0.03, `the block matters: ${changes}`);

  const dir = await tempFolder(t);
  const head = { ...base.head, temperature: rebalanced.temperature } as typeof base.head;
  await exportModel(dir, { ...parts, base, from, trunk, head }, { trained: network.exportWeights(), report });
  const model = await loadModel(dir);
  t.is(model.manifest.ownTrunkAfter, 'mixed6');
  t.deepEqual(Object.keys(model.manifest.tensors).filter((name) => name.startsWith('trunk.')).length, 20);
  const error = relativeError(await colour(dir), trained);
  t.true(error < 1e-2, String(error));

  const next = await chooseBase({ ...wish, base: model, part: 'decoder' }, prior, trunk);
  const nextDir = await tempFolder(t);
  await exportModel(
    nextDir,
    { ...parts, base: next, from: model, trunk, head },
    { trained: new Map(), report },
  );
  t.deepEqual(await colour(nextDir), await colour(dir));
});

test('a wholly trained trunk goes into the model, and so does later training of it', async (t) => {
  const trunk = await bundledEmbedding();
  const from = await sharingModel(t);
  const prior = new ColorCounter().prior();
  const wish = { isFresh: false, objective: rebalanced };
  const base = await chooseBase({ ...wish, base: from, part: 'all' }, prior, trunk);
  const dir = await tempFolder(t);
  const { head } = base;
  const name = 'trunk.conv2d_3.weight';
  const changed = { shape: [64, 32, 3, 3], data: base.weights!(name).map((value) => value * 1.3) };
  await exportModel(
    dir,
    { ...parts, base, from, trunk, head },
    { trained: new Map([[name, changed]]), report },
  );
  const model = await loadModel(dir);
  t.is(model.manifest.ownTrunkAfter, 'luma');
  t.deepEqual(
    Object.keys(model.manifest.tensors).filter((tensor) => tensor.startsWith('trunk.')).length,
    140,
  );
  const before = await colour(from.dir);
  t.true(relativeError(await colour(dir), before) > 0.01, 'the layer matters');

  // Without the changed layer it equals the model that it was made from, up to half precision. So all layers are there.
  await exportModel(dir, { ...parts, base, from, trunk, head }, { trained: new Map(), report });
  t.true(relativeError(await colour(dir), before) < 2e-2);

  const next = await chooseBase({ ...wish, base: await loadModel(dir), part: 'trunk' }, prior, trunk);
  t.is(next.spec.ownTrunkAfter, 'luma');
});

test('training of a trunk starts from a model, not from random weights', async (t) => {
  const trunk = await bundledEmbedding();
  const wish = {
    base: await loadModel('trunk'),
    isFresh: true,
    part: 'trunk',
    objective: rebalanced,
  } as const;
  await t.throwsAsync(chooseBase(wish, new ColorCounter().prior(), trunk), {
    code: 'USAGE',
    message: /--train trunk: expected a model to start from but got --fresh/,
  });
});

/** A model that uses the embedding network as its trunk, with the decoder of `trunk`. */
async function sharingModel(t: ExecutionContext): Promise<Model> {
  const from = await loadModel('trunk');
  const trunk = await bundledEmbedding();
  const start = await baseOf(from, trunk);
  const base = { ...start, spec: { ...start.spec, ownTrunkAfter: undefined } };
  const dir = await tempFolder(t);
  await exportModel(dir, { ...parts, base, from, trunk, head: start.head }, { trained: new Map(), report });
  return loadModel(dir);
}

/** The answer of a network in training, in the layout of a model's result. */
function answer(network: TrainableNetwork, batch: Batch): Float32Array {
  const input = inputOf(batch);
  const ab = tf.tidy(() => {
    return tf
      .transpose(network.run(input, 'infer', rebalanced.temperature).ab, [0, 3, 1, 2])
      .dataSync() as Float32Array;
  });
  tf.dispose([...input.features.values(), input.embeddings]);
  return ab;
}

/** The answer of a written model. */
async function colour(dir: string): Promise<number[]> {
  await using colorizer = await openColorizer({ model: await loadModel(dir), device: 'cpu' });
  const written = await colorizer.colorize({
    size,
    pictures: views.map(({ luma }) => luma),
    conditions: views.map(({ embedding }) => colorizer.condition(embedding)),
  });
  return written.flatMap((ab) => [...ab]);
}
