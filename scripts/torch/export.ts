/**
 * Writes what `train.py` needs from the program: a network as a list of nodes, its weights, the embedding network, and
 * the names of the photos in each part of a set. Usage:
 *
 * export.js MODEL [SET] OUTPUT [--encoder WIDTH,DEPTH,ENLARGEMENT] [--architecture NAME] [--width 1] [--attention]
 *
 * Without a set, `train.py` trains on all photos in its folders. `--encoder` makes the network an efficientnet-lite with
 * an encoder of this size; `--architecture` and `--width` make it one of the published networks, `--attention` adds
 * self-attention. It takes only the classes from MODEL; `train.py --weights` names the weights to start from, and `--fresh`
 * starts with random ones.
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeFolder } from '../../src/files/make-folder.ts';
import { bundledEmbedding } from '../../src/model/embedding/embedding-file.ts';
import { loadModel } from '../../src/model/model.ts';
import { networkNodes } from '../../src/model/tables/network.ts';
import { openDataset } from '../../src/train/dataset/dataset.ts';
import type { Split } from '../../src/train/dataset/shards/sample.ts';
import { networkOptions, trainedNetwork } from './trained-network.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: networkOptions,
});
const [from, set] = positionals;
const output = positionals.at(-1);
if (from === undefined || set === undefined || output === undefined || positionals.length > 3)
  throw new TypeError('expected MODEL [SET] OUTPUT');

await makeFolder(output);
const { manifest, weights } = await loadModel(from);
const [file] = weights;
if (file === undefined || weights.length > 1)
  throw new TypeError(`${from}: expected a model with all its weights in one file`);
await copyFile(file.path, join(output, 'weights.safetensors'));
await copyFile((await bundledEmbedding()).path, join(output, 'embedding.onnx'));
await writeFile(
  join(output, 'nodes.json'),
  JSON.stringify(networkNodes(trainedNetwork(manifest, values).spec)),
);
if (positionals.length === 3) await writePhotos(set, output);

async function writePhotos(dataset: string, folder: string): Promise<void> {
  const photos = { train: await keysOf(dataset, 'train'), validation: await keysOf(dataset, 'validation') };
  await writeFile(join(folder, 'photos.json'), JSON.stringify(photos));
  console.log(
    `${folder}: ${photos.train.length} photos for training, ${photos.validation.length} for validation`,
  );
}

async function keysOf(dataset: string, split: Split): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of (await openDataset(dataset)).samples(split)) keys.push(key);
  return keys;
}
