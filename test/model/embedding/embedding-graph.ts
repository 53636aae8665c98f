import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { EmbeddingSession } from '../../../src/model/embedding/embedding-session.ts';
import {
  inceptionResnetScores,
  inceptionResnetSide,
  inceptionResnetV2,
} from '../../../src/model/tables/inception-resnet-v2.ts';
import { lumaInput, weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { runOnnx, type MadeWeights } from '../../helpers/engine-runs.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../helpers/seeded.ts';

const nodes = inceptionResnetV2();
const spec = { size: 1000, input: inceptionResnetSide, range: [-1, 1], model: 'a model' } as const;

/** Weights that keep signals at their size; 56 million numbers, so they are not drawn one by one. */
function madeWeights(): MadeWeights {
  return new Map(
    [...weightShapesOf(nodes, 0)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
      const spread = shape.length === 1 ? 0.1 : Math.sqrt(6 / (data.length / (shape[0] ?? 1)));
      for (let i = 0; i < data.length; i++) data[i] = (((i * 7919) % 1009) / 504 - 1) * spread;
      return [name, { shape, data }];
    }),
  );
}

/** Keras counts the convolutions of a process from 0, and the first has no number: here it has made 40 before. */
function kerasName(layer: string): string {
  const [, digits] = /^conv2d_(\d+)$/.exec(layer) ?? [];
  return digits === undefined ? layer : `conv2d_${Number(digits) + 39}`;
}

/**
 * Writes the weights as tensorflowjs_converter does: [rows, columns, in, out], the last layer fully connected. The layers
 * are in another order than they were made in.
 */
async function writeLayersModel(folder: string, weights: MadeWeights): Promise<string> {
  const entries: { name: string; shape: number[]; dtype: string }[] = [];
  const parts: Float32Array[] = [];
  for (const [name, { shape, data }] of weights) {
    const layer = kerasName(name.replace(/\.(weight|bias)$/, ''));
    const [out = 0, into = 0, rows = 1, columns = 1] = shape;
    if (name.endsWith('.bias')) {
      entries.push({ name: `${layer}/bias`, shape: [out], dtype: 'float32' });
      parts.push(data);
      continue;
    }
    const turned = new Float32Array(data.length);
    const area = rows * columns;
    for (let o = 0; o < out; o++)
      for (let i = 0; i < into; i++)
        for (let cell = 0; cell < area; cell++)
          turned[(cell * into + i) * out + o] = data[(o * into + i) * area + cell]!;
    const isDense = layer === inceptionResnetScores;
    entries.push({
      name: `${layer}/kernel`,
      shape: isDense ? [into, out] : [rows, columns, into, out],
      dtype: 'float32',
    });
    parts.push(turned);
  }
  const layers = nodes
    .filter(({ op }) => op.kind === 'conv')
    .map(({ name }) => kerasName(name))
    .map((name) => ({ class_name: 'Layer', name, config: { name }, inbound_nodes: [] }))
    .reverse();
  const bytes = parts.map((part) => new Uint8Array(part.buffer));
  await writeFile(join(folder, 'group1-shard1of1.bin'), Buffer.concat(bytes));
  const model = {
    modelTopology: { model_config: { config: { layers } } },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: entries }],
  };
  const path = join(folder, 'model.json');
  await writeFile(path, JSON.stringify(model));
  return path;
}

test("a user's Inception-ResNet-v2 as TensorFlow.js layers gives the 1000 scores before the softmax", async (t) => {
  t.timeout(120_000);
  const weights = madeWeights();
  const path = await writeLayersModel(await tempFolder(t), weights);
  const picture = seededBytes(inceptionResnetSide ** 2, 1);
  await using session = await EmbeddingSession.open({ path }, spec, { device: 'cpu', threads: 2 });
  const [got = new Float32Array()] = await session.embed([picture]);
  t.is(got.length, 1000);
  const luma = { shape: [1, 1, inceptionResnetSide, inceptionResnetSide], data: picture } as const;
  const inputs = new Map([[lumaInput, luma]]);
  const expected = await runOnnx({ nodes, weights, inputs, output: inceptionResnetScores });
  t.true(Math.max(...expected.map(Math.abs)) > 0.01);
  t.true(relativeError(got, expected) < 1e-4);
});
