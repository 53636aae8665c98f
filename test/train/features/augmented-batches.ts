import test, { type ExecutionContext } from 'ava';
import { augment } from '../../../src/train/dataset/pictures/augment.ts';
import { openDataset } from '../../../src/train/dataset/dataset.ts';
import type { Sample } from '../../../src/train/dataset/shards/sample.ts';
import {
  AugmentedBatches,
  type AugmentedBatchesOptions,
} from '../../../src/train/features/augmented-batches.ts';
import { lumaBatch } from '../../../src/train/features/luma-batch.ts';
import type { Batch } from '../../../src/train/learn/batch.ts';
import { meanEmbedding } from '../../../src/train/features/mean-embedding.ts';
import { randomFrom } from '../../../src/train/random.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample, writeMadeDataset } from '../../helpers/training-samples.ts';

const square = { widthPx: 16, heightPx: 16 };
const wide = { widthPx: 24, heightPx: 16 };
const made = [
  ...[0, 1, 2, 3, 4].map((i) => madeSample(`square ${i}`, square)),
  ...[0, 1, 2].map((i) => madeSample(`wide ${i}`, wide)),
];

async function open(
  t: ExecutionContext,
  changes: Partial<AugmentedBatchesOptions> = {},
): Promise<AugmentedBatches> {
  const dir = await tempFolder(t);
  await writeMadeDataset(
    dir,
    [square, wide].map((size) => ({
      split: 'train' as const,
      size,
      samples: made.filter((one) => one.size === size),
    })),
  );
  const options = { batchSize: 2, seed: 1, stride: 4, strength: 1, ...changes };
  const source = new AugmentedBatches(await openDataset(dir), options, 2);
  t.teardown(() => source[Symbol.asyncDispose]());
  return source;
}

async function take(source: AugmentedBatches, epoch: number, skip = 0): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.batches(epoch, skip)) batches.push(batch);
  return batches;
}

/** Identifies a sample by its embedding, which no variation changes. */
function sampleOf(batch: Batch, index: number): Sample {
  const own = batch.embeddings.subarray(index * 2048, (index + 1) * 2048);
  return made.find(
    (sample) =>
      Buffer.compare(Buffer.from(meanEmbedding(sample).buffer), Buffer.from(own.slice().buffer)) === 0,
  )!;
}

test('without variation an epoch has the pictures themselves, each once', async (t) => {
  const source = await open(t, { strength: 0 });
  t.is(source.samplesPerEpoch, 8);
  t.is(source.batchesPerEpoch, 5);
  const batches = await take(source, 0);
  const seen = batches.flatMap((batch) => Array.from({ length: batch.count }, (_, i) => sampleOf(batch, i)));
  t.deepEqual(seen.map(({ key }) => key).sort(), made.map(({ key }) => key).sort());
  for (const batch of batches) {
    const samples = Array.from({ length: batch.count }, (_, i) => sampleOf(batch, i));
    t.deepEqual(
      batch,
      lumaBatch(
        samples.map((one) => ({ ...one, embedding: meanEmbedding(one) })),
        4,
      ),
    );
  }
});

test("a batch is its pictures' luma in floats, their colour in blocks and their embeddings", (t) => {
  const [one, two] = [made[0]!, made[1]!];
  const batch = lumaBatch(
    [one, two].map((sample) => ({ ...sample, embedding: meanEmbedding(sample) })),
    2,
  );
  const luma = batch.features.get('luma')!;
  t.deepEqual(luma.shape, [2, 16, 16, 1]);
  t.deepEqual([...luma.data.subarray(256)], [...two.luma]);
  t.deepEqual(batch.grid, [8, 8]);
  const block = [0, 1, 16, 17].reduce((sum, at) => sum + two.ab[256 + at]!, 0) / 4;
  t.true(Math.abs(batch.ab[2 * 64 + 64]! - block) <= 0.5);
  t.deepEqual(batch.embeddings.subarray(2048), meanEmbedding(two));
});

test('each picture is varied by seed, epoch and its number in the epoch alone', async (t) => {
  const source = await open(t);
  const batches = await take(source, 3);
  for (const [number, batch] of batches.entries()) {
    const expected = await Promise.all(
      Array.from({ length: batch.count }, async (_, i) => {
        const sample = sampleOf(batch, i);
        const random = randomFrom(1, 3, number * 2 + i);
        const { size, luma, ab } = sample;
        const varied = await augment({ size, luma, ab }, random, { strength: 1, isFixed: false });
        return { ...varied, embedding: meanEmbedding(sample) };
      }),
    );
    t.deepEqual(batch, lumaBatch(expected, 4));
  }
});

test('the same seed gives the same batches, another seed or epoch gives others, and skipped batches are left out', async (t) => {
  const [source, twin, other] = [await open(t), await open(t), await open(t, { seed: 2 })];
  const whole = await take(source, 0);
  t.deepEqual(await take(twin, 0), whole);
  t.deepEqual(await take(twin, 0, 3), whole.slice(3));
  t.notDeepEqual(await take(source, 1), whole);
  t.notDeepEqual(await take(other, 0), whole);
});

test('a consumer can stop early and begin again', async (t) => {
  const source = await open(t);
  for await (const batch of source.batches(0, 0)) {
    t.is(batch.features.get('luma')?.shape[0], batch.count);
    break;
  }
  t.is((await take(source, 0)).length, 5);
});
