import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDataset, type BatchRequest } from '../../../src/train/dataset/dataset.ts';
import { checkOneShape } from '../../../src/train/dataset/shards/one-shape.ts';
import { sizeName, type Sample } from '../../../src/train/dataset/shards/sample.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample, writeMadeDataset, type MadeShard } from '../../helpers/training-samples.ts';

const square = { widthPx: 16, heightPx: 16 };
const wide = { widthPx: 24, heightPx: 16 };

/** Twelve shards of squares (more than are mixed at a time), two of wide pictures, and one for validation. */
const made: MadeShard[] = [
  ...Array.from({ length: 12 }, (_, i) => shard('train', square, `square ${i}`, 5)),
  ...[shard('train', wide, 'wide 0', 6), shard('train', wide, 'wide 1', 5)],
  shard('validation', square, 'kept', 3),
];

function shard(split: MadeShard['split'], size: MadeShard['size'], name: string, count: number): MadeShard {
  const samples = Array.from({ length: count }, (_, i) => madeSample(`${name}, ${i}`, size));
  return { split, size, samples };
}

const allOf = (split: string): MadeShard['samples'] =>
  made.flatMap((one) => (one.split === split ? one.samples : []));

async function madeDir(t: ExecutionContext): Promise<string> {
  const dir = await tempFolder(t);
  await writeMadeDataset(dir, made);
  return dir;
}

type Batch = readonly Sample[];

const keysOf = (batch: Batch): string[] => batch.map(({ key }) => key);

async function readBatches(dir: string, request: Partial<BatchRequest> = {}): Promise<Batch[]> {
  const set = await openDataset(dir);
  const batches: Batch[] = [];
  for await (const batch of set.batches({ split: 'train', batchSize: 4, seed: 1, epoch: 0, ...request }))
    batches.push(batch);
  return batches;
}

test('samples that went through TFRecord equal the originals, bit for bit', async (t) => {
  const known = new Map(allOf('train').map((sample) => [sample.key, sample]));
  const batches = await readBatches(await madeDir(t));
  t.true(batches.length > 10);
  for (const sample of batches.flat()) t.deepEqual(sample, known.get(sample.key));
});

test('samples of two shapes cannot be a batch', (t) => {
  t.notThrows(() => checkOneShape([madeSample('one', wide), madeSample('two', wide)]));
  t.throws(() => checkOneShape([madeSample('one', wide), madeSample('two', square)]), {
    code: 'INPUT_DAMAGED',
    message: /expected samples like "one" \(24 x 16,.* but "two" is 16 x 16/,
  });
});

test('an epoch has every sample of its split once, and batches of one shape', async (t) => {
  const dir = await madeDir(t);
  for (const split of ['train', 'validation'] as const) {
    const batches = await readBatches(dir, { split });
    t.deepEqual(
      batches.flatMap(keysOf).sort(),
      allOf(split)
        .map(({ key }) => key)
        .sort(),
    );
    t.is((await openDataset(dir)).batchCount({ split, batchSize: 4 }), batches.length);
    for (const batch of batches) t.is(new Set(batch.map(({ size }) => sizeName(size))).size, 1);
  }
});

test('the order follows from seed and epoch, and each epoch has its own', async (t) => {
  const dir = await madeDir(t);
  const orderOf = async (request: Partial<BatchRequest>): Promise<string> =>
    JSON.stringify((await readBatches(dir, request)).map(keysOf));
  const first = await orderOf({});
  t.is(await orderOf({}), first);
  t.not(await orderOf({ epoch: 1 }), first);
  t.not(await orderOf({ seed: 2 }), first);
});

test('shapes alternate over the epoch, and a batch has samples of several shards', async (t) => {
  const batches = await readBatches(await madeDir(t));
  const shapes = batches.map(([first]) => sizeName(first!.size));
  t.not(shapes.lastIndexOf('24x16') - shapes.indexOf('24x16'), 2);
  const shardsIn = batches.map((batch) => new Set(keysOf(batch).map((key) => key.split(',')[0])).size);
  t.true(Math.max(...shardsIn) >= 3);
});

test('an epoch that skips any number of batches continues with the same batches', async (t) => {
  const dir = await madeDir(t);
  const all = await readBatches(dir);
  for (const skip of [1, 9, all.length - 1, all.length])
    t.deepEqual(await readBatches(dir, { skip }), all.slice(skip));
});

test('batches that are skipped are not read', async (t) => {
  const dir = await madeDir(t);
  const all = await readBatches(dir);
  const last = all.at(-1)!;
  const needed = new Set(keysOf(last).map((key) => key.split(',')[0]));
  for (const [number, { split, samples }] of made.entries()) {
    if (!needed.has(samples[0]?.key.split(',')[0]))
      await rm(join(dir, `${split}-${String(number).padStart(5, '0')}.tfrecord`));
  }
  t.deepEqual(await readBatches(dir, { skip: all.length - 1 }), [last]);
  await t.throwsAsync(readBatches(dir), { code: 'INPUT_MISSING' });
});

test('a changed byte in a shard stops the epoch and names the shard', async (t) => {
  const dir = await madeDir(t);
  const path = join(dir, 'train-00003.tfrecord');
  const bytes = await readFile(path);
  bytes[1000]! ^= 1;
  await writeFile(path, bytes);
  const error = await t.throwsAsync(readBatches(dir), { code: 'INPUT_DAMAGED' });
  t.regex(
    error.message,
    /train-00003\.tfrecord: record 0 at byte 0: its data do not match the stored checksum/,
  );
});

test('a shard that is truncated or too long is refused', async (t) => {
  const dir = await madeDir(t);
  const path = join(dir, 'train-00012.tfrecord');
  const bytes = await readFile(path);
  await writeFile(path, Buffer.concat([bytes, bytes]));
  await t.throwsAsync(readBatches(dir), {
    code: 'INPUT_DAMAGED',
    message: /expected 6 records of \d+ bytes/,
  });
  await truncate(path, bytes.length / 2 + 6);
  await t.throwsAsync(readBatches(dir), {
    code: 'INPUT_DAMAGED',
    message: /record 3 at byte \d+: expected 12 more bytes but the file ends after 6/,
  });
});

test('a folder without a manifest is not a set, and the error for a faulty manifest says what is wrong', async (t) => {
  const dir = await madeDir(t);
  const path = join(dir, 'manifest.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('"formatVersion": 1', '"formatVersion": 9'));
  await t.throwsAsync(openDataset(dir), { code: 'INPUT_DAMAGED', message: /formatVersion/ });
  await rm(path);
  await t.throwsAsync(openDataset(dir), { code: 'INPUT_MISSING' });
});

test('a batch size of 0 is refused', async (t) => {
  await t.throwsAsync(readBatches(await madeDir(t), { batchSize: 0 }), { code: 'USAGE' });
});
