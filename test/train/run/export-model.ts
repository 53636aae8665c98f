import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { bundledEmbedding } from '../../../src/model/embedding.ts';
import { loadModel } from '../../../src/model/model.ts';
import { openColorizer } from '../../../src/model/open-colorizer.ts';
import { lumaInput } from '../../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { ColorCounter } from '../../../src/train/data/prior.ts';
import { lumaBatch } from '../../../src/train/features/luma-batch.ts';
import { Adam } from '../../../src/train/learn/adam.ts';
import { meanEmbedding } from '../../../src/train/learn/mean-embedding.ts';
import { inputOf, takeStep } from '../../../src/train/learn/step.ts';
import { TrainableNetwork } from '../../../src/train/learn/trainable-network.ts';
import { chooseBase } from '../../../src/train/run/base-model.ts';
import { exportModel } from '../../../src/train/run/export-model.ts';
import { randomFrom } from '../../../src/train/random.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample } from '../../helpers/training-samples.ts';

const size = { widthPx: 32, heightPx: 24 };
const objective = { kind: 'mse', lambda: 0, meanWeight: 0, temperature: 1 } as const;

test('a model that was written colours as the network did that was trained, batch norm and all', async (t) => {
  await openTensorflow('wasm');
  const trunk = await bundledEmbedding();
  const from = await loadModel('starter');
  const prior = new ColorCounter().prior();
  const base = await chooseBase({ base: from, isFresh: true, objective }, prior, trunk);
  using network = new TrainableNetwork(
    { spec: base.spec, cuts: [lumaInput], embeddingSize: base.embedding.size, hasNorm: true },
    () => undefined,
    1,
  );
  const samples = ['a', 'b'].map((key) => madeSample(key, size));
  const views = samples.map((sample) => ({ ...sample, embedding: meanEmbedding(sample) }));
  const batch = lumaBatch(views, base.head.stride);
  using optimizer = new Adam(network.trained, 5);
  for (let step = 0; step < 6; step++)
    takeStep({ network, optimizer, objective, embeddingDropout: 0 }, batch, {
      ...{ step, learningRate: 1e-3, random: randomFrom(step) },
    });
  const input = inputOf(batch);
  const trained = tf.tidy(() => {
    const { ab } = network.run(input, 'infer', 1);
    return tf.transpose(ab, [0, 3, 1, 2]).dataSync() as Float32Array;
  });
  tf.dispose([...input.given.values(), input.embeddings]);

  const dir = await tempFolder(t);
  const provenance = { description: 'a test', trainedOn: 'noise', licence: 'CC0-1.0' };
  const scores = { psnrDb: 20, ciede2000: 10, colourfulness: 30, score: 10 };
  await exportModel(
    dir,
    { ...{ name: 'noise', version: 1, provenance, base, from, trunk }, shortSidePx: 24, temperature: 1 },
    network.exportWeights(),
    { epoch: 0, step: 6, loss: 1, learningRate: 1e-3, scores, isBest: true },
  );
  await using colorizer = await openColorizer({ model: await loadModel(dir), device: 'cpu' });
  const written = await colorizer.colorize({
    ...{ size, pictures: views.map(({ luma }) => luma) },
    conditions: views.map(({ embedding }) => colorizer.condition(embedding)),
  });
  t.true(
    relativeError(
      written.flatMap((ab) => [...ab]),
      trained,
    ) < 1e-2,
  );
});
