import { execFile } from 'node:child_process';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { AppError } from '../../src/errors.ts';
import { isImportedModel } from '../../src/model/imported/imported-model.ts';
import { openColorizer } from '../../src/model/open-colorizer.ts';
import { listModels, loadModel, sceneCondition, verifyModel } from '../../src/model/model.ts';
import { randomWeights, writeModel } from '../helpers/model-fixtures.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const head = { kind: 'classification', stride: 4, classes: 5, temperature: 1 } as const;

test.serial('the starter model is listed and intact', async (t) => {
  const listing = (await listModels()).find(({ name }) => name === 'starter');
  t.is(listing?.fault, undefined);
  const model = await verifyModel('starter');
  t.is(model.manifest.name, 'starter');
  if (isImportedModel(model)) return t.fail('it is a network of our own');
  t.is(model.embeddingMatrix?.length, 256 * 2048);
});

test.serial('a model is loaded from a folder of the user', async (t) => {
  const model = await loadModel(await writeModel(await tempFolder(t)));
  t.is(model.manifest.name, 'random');
});

test.serial('an unknown name says where models are listed', async (t) => {
  const error = await t.throwsAsync(loadModel('no-such-model'), { instanceOf: AppError });
  t.is(error.code, 'MODEL_INVALID');
  t.regex(error.message, /no-such-model\/model\.json: expected a readable file but got ENOENT/);
  t.regex(error.cure ?? '', /chromafeed models/);
});

test.serial('changed weights are refused with both checksums', async (t) => {
  const folder = await writeModel(await tempFolder(t));
  const path = join(folder, 'weights.safetensors');
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
  const error = await t.throwsAsync(loadModel(folder), { instanceOf: AppError });
  t.is(error.code, 'MODEL_INVALID');
  t.regex(error.message, /weights\.safetensors: expected sha256 [0-9a-f]{64} but got [0-9a-f]{64}$/);
});

test.serial('truncated weights are refused with both sizes', async (t) => {
  const folder = await writeModel(await tempFolder(t));
  const path = join(folder, 'weights.safetensors');
  const { length } = await readFile(path);
  await truncate(path, 1000);
  const error = await t.throwsAsync(loadModel(folder), { instanceOf: AppError });
  t.true(error.message.endsWith(`weights.safetensors: expected ${length} bytes but got 1000`), error.message);
});

test.serial('one message names all tensors with a wrong shape', async (t) => {
  const weights = randomWeights(head, 2048);
  weights.set('head.bias', { dtype: 'F16', shape: [4], data: new Float32Array(4) });
  weights.delete('decoder.2.bias');
  const folder = await writeModel(await tempFolder(t), { head, weights });
  const error = await t.throwsAsync(loadModel(folder), { instanceOf: AppError });
  t.is(error.code, 'MODEL_INVALID');
  t.regex(error.message, /tensor "head\.bias": expected \[5\] but the file has \[4\]/);
  t.regex(error.message, /tensor "decoder\.2\.bias": expected \[64\] but the file has none/);
});

test.serial('verification finds a weight that is not a number', async (t) => {
  const weights = randomWeights(head, 2048);
  weights.set('head.bias', { dtype: 'F16', shape: [5], data: Float32Array.of(0, 0, NaN, 0, 0) });
  const folder = await writeModel(await tempFolder(t), { head, weights });
  const error = await t.throwsAsync(verifyModel(folder), { instanceOf: AppError });
  t.regex(error.message, /tensor "head\.bias": expected finite numbers but got NaN at index 2$/);
});

test.serial('a condition is the product of matrix and embedding', async (t) => {
  const model = await loadModel(
    await writeModel(await tempFolder(t), { embedding: { network: 'mine', size: 3 } }),
  );
  const condition = sceneCondition(model, Float32Array.of(1, 2, -1));
  const [a = NaN, b = NaN, c = NaN] = model.embeddingMatrix!.subarray(255 * 3);
  t.is(condition.length, 256);
  t.is(condition[255], Math.fround(a + 2 * b - c));
  const error = t.throws(() => sceneCondition(model, new Float32Array(4)), { instanceOf: AppError });
  t.is(error.code, 'MODEL_MISMATCH');
  t.is(error.message, 'model "random": expected an embedding of 3 numbers but got 4');
});

test.serial('weights that are not finite are refused when the network is opened', async (t) => {
  const weights = randomWeights(head, 2048);
  weights.set('head.bias', { dtype: 'F16', shape: [5], data: Float32Array.of(0, 0, 0, Infinity, 0) });
  const model = await loadModel(await writeModel(await tempFolder(t), { head, weights }));
  const error = await t.throwsAsync(openColorizer({ model, device: 'cpu' }), { instanceOf: AppError });
  t.is(error.code, 'MODEL_INVALID');
  t.regex(error.message, /tensor "head\.bias": expected finite numbers but got Infinity at index 3$/);
});

test.serial('a manifest that is too large and a pipe are refused immediately', async (t) => {
  const folder = await writeModel(await tempFolder(t));
  await writeFile(join(folder, 'model.json'), Buffer.alloc(2 ** 20 + 1, ' '));
  const large = await t.throwsAsync(loadModel(folder), { instanceOf: AppError });
  t.regex(large.message, /model\.json: expected at most 1048576 bytes but got 1048577$/);
  await rm(join(folder, 'model.json'));
  await promisify(execFile)('mkfifo', [join(folder, 'model.json')]);
  const pipe = await t.throwsAsync(loadModel(folder), { instanceOf: AppError });
  t.regex(pipe.message, /model\.json: expected a readable file but got something that is not a file$/);
});

test.serial('names in a manifest may not contain control characters, and messages show none', async (t) => {
  const embedding = { network: 'x\u001b[2J\nok', size: 3, input: 299, range: [-1, 1] };
  const folder = await writeModel(await tempFolder(t), {
    manifest: { embedding, 'key\u001b[31m': 1, '\u009b0m': 2 },
  });
  const error = await t.throwsAsync(loadModel(folder), { instanceOf: AppError });
  t.regex(error.message, /embedding\.network: expected letters/);
  t.notRegex(error.message, /\p{Cc}/u);
});
