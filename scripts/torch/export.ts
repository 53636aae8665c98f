/**
 * Writes what `train.py` needs of the program: a network as a list of nodes, its weights, the embedding network, and
 * which photos a set holds in which part. Usage: export.js MODEL SET OUTPUT
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

const { positionals } = parseArgs({ allowPositionals: true });
const [from, set, output] = positionals;
if (from === undefined || set === undefined || output === undefined)
  throw new TypeError('expected MODEL SET OUTPUT');

await makeFolder(output);
const { manifest, weights } = await loadModel(from);
const [file] = weights;
if (file === undefined || weights.length > 1)
  throw new TypeError(`${from}: expected a model with all its weights in one file`);
await copyFile(file.path, join(output, 'weights.safetensors'));
await copyFile((await bundledEmbedding()).path, join(output, 'embedding.onnx'));
await writeFile(join(output, 'nodes.json'), JSON.stringify(networkNodes(manifest)));
const photos = { train: await keysOf('train'), validation: await keysOf('validation') };
await writeFile(join(output, 'photos.json'), JSON.stringify(photos));
console.log(
  `${output}: ${photos.train.length} photos to learn from, ${photos.validation.length} to be judged by`,
);

async function keysOf(split: Split): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of (await openDataset(set ?? '')).samples(split)) keys.push(key);
  return keys;
}
