import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { bundledEmbedding } from '../../../src/model/embedding/embedding-file.ts';
import { EmbeddingSession } from '../../../src/model/embedding/embedding-session.ts';
import { loadModel } from '../../../src/model/model.ts';
import { buildGraph } from '../../../src/model/onnx/onnx-graph.ts';
import { conditionOf, weightShapes } from '../../../src/model/tables/network.ts';
import { lumaInput, NodeList } from '../../../src/model/tables/nodes.ts';
import { squash } from '../../../src/stream/palette.ts';
import { openDataset } from '../../../src/train/dataset/dataset.ts';
import { findSources } from '../../../src/train/dataset/find-sources.ts';
import { makeDataset } from '../../../src/train/dataset/make-dataset.ts';
import { chooseBase } from '../../../src/train/run/base-model.ts';
import { madeWeights } from '../../helpers/engine-runs.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../helpers/seeded.ts';

/** A network of one layer whose vector has seven numbers, as an ONNX file. */
async function writeNetwork(folder: string): Promise<string> {
  const list = new NodeList();
  const picture = list.add('picture', { kind: 'lightness' }, lumaInput);
  const map = list.conv('map', picture, [1, 7], { stride: 2 });
  list.add('vector', { kind: 'globalMean' }, map);
  const weights = madeWeights(list.nodes);
  const path = join(folder, 'my net.onnx');
  await writeFile(
    path,
    buildGraph(list.nodes, (name) => weights.get(name)!.data, ['vector']),
  );
  return path;
}

async function writePhotos(t: ExecutionContext): Promise<string> {
  const photos = join(await tempFolder(t), 'photos');
  await mkdir(photos);
  for (let i = 0; i < 2; i++) {
    const raw = { width: 12, height: 9, channels: 3 } as const;
    const blobs = sharp(Buffer.from(seededBytes(12 * 9 * 3, i)), { raw });
    await blobs.resize(96, 72, { fit: 'fill', kernel: 'cubic' }).toFile(join(photos, `${i}.png`));
  }
  return photos;
}

test("a set holds the vectors of a user's network, and a fresh network learns with them", async (t) => {
  const [photos, folder] = [await writePhotos(t), await tempFolder(t)];
  const path = await writeNetwork(folder);
  const dir = join(folder, 'set');
  const settings = { shortSidePx: 64, minChroma: 4, validationFraction: 0, seed: 1 } as const;
  const manifest = await makeDataset({
    dir,
    settings: { ...settings, framesPerVideo: 1, samplesPerShard: 8, embedding: 'my net.onnx (-1..1)' },
    embedding: { path, range: [-1, 1] },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onRefused: () => undefined,
    sources: await findSources([{ input: photos }], dir),
  });
  const embedding = { network: 'my-net', size: 7, input: 299, range: [-1, 1] } as const;
  t.deepEqual(manifest.embedding, { ...embedding, range: [-1, 1] });

  await using session = await EmbeddingSession.open(
    { path },
    { ...embedding, model: 'a model' },
    { device: 'cpu', threads: 1 },
  );
  for await (const sample of (await openDataset(dir)).samples('train')) {
    const expected = await session.embed(await squash(sample.luma, sample.size, 299));
    t.deepEqual([sample.embedding, sample.embeddingMirrored], expected);
  }

  const base = await chooseBase(
    {
      base: await loadModel('starter'),
      isFresh: true,
      architecture: 'koalarization',
      objective: { kind: 'mse', lambda: 0, meanWeight: 0, temperature: 1 },
      embedding: manifest.embedding,
      part: 'all',
    },
    manifest.prior,
    await bundledEmbedding(),
  );
  t.deepEqual(base.embedding, { ...embedding, range: [-1, 1] });
  const matrix = conditionOf(base.spec)?.weight ?? '';
  t.deepEqual(weightShapes(base.spec, base.embedding.size).get(matrix), [256, 7]);
});
