import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { EmbeddingSession } from '../../../src/model/embedding/embedding-session.ts';
import { inspectEmbedding } from '../../../src/model/embedding/inspect-embedding.ts';
import {
  efficientNetClassifier,
  efficientNetScores,
} from '../../../src/model/tables/efficientnet-classifier.ts';
import { lumaInput, weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { writeSafetensors } from '../../../src/model/weights/safetensors.ts';
import { runOnnx, type MadeWeights } from '../../helpers/engine-runs.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../helpers/seeded.ts';

test('the classifier of an EfficientNet-Lite gives its 1000 scores before the softmax', async (t) => {
  const nodes = efficientNetClassifier({ width: 1, depth: 1 });
  const weights: MadeWeights = new Map(
    [...weightShapesOf(nodes, 0)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
      const spread = shape.length === 1 ? 0.1 : Math.sqrt(6 / (data.length / (shape[0] ?? 1)));
      for (let i = 0; i < data.length; i++) data[i] = (((i * 7919) % 1009) / 504 - 1) * spread;
      return [name, { shape, data }];
    }),
  );
  const path = join(await tempFolder(t), 'lite0.safetensors');
  const tensors = [...weights].map(([name, weight]) => [name, { dtype: 'F32', ...weight }] as const);
  await writeFile(path, writeSafetensors(new Map(tensors)));
  const found = await inspectEmbedding(path, [-1, 1]);
  t.deepEqual(found, { network: 'lite0', size: 1000, input: 224, range: [-1, 1] });

  const picture = seededBytes(224 * 224, 1);
  const spec = { ...found, model: 'a model' };
  await using session = await EmbeddingSession.open({ path }, spec, { device: 'cpu', threads: 1 });
  const [got = new Float32Array()] = await session.embed([picture]);
  const luma = { shape: [1, 1, 224, 224], data: picture } as const;
  const inputs = new Map([[lumaInput, luma]]);
  const expected = await runOnnx({ nodes, weights, inputs, output: efficientNetScores });
  t.true(relativeError(got, expected) < 1e-4);
});

test('a file without the classifier is refused', async (t) => {
  const path = join(await tempFolder(t), 'encoder.safetensors');
  await writeFile(path, writeSafetensors(new Map()));
  await t.throwsAsync(inspectEmbedding(path, [-1, 1]), {
    code: 'MODEL_INVALID',
    message: /expected an EfficientNet-Lite with its classifier/,
  });
});
