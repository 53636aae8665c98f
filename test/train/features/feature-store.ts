import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, readlink, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CachedBatches } from '../../../src/train/features/cached-batches.ts';
import { packRecord, shapeOf, type FeatureRecord } from '../../../src/train/features/feature-record.ts';
import { FeatureStore } from '../../../src/train/features/feature-store.ts';
import type { Batch } from '../../../src/train/learn/batch.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

/** A record that is identified by its number, of 16x8 or 8x8 pixels, stride 4. */
function madeRecord(number: number, size = '16x8'): FeatureRecord {
  const [columns, rows] = size === '16x8' ? ([4, 2] as const) : ([2, 2] as const);
  return {
    maps: new Map([['deep', { shape: [1, 2, 1] as const, data: Float32Array.of(number, 255) }]]),
    ab: Int8Array.from({ length: 2 * rows * columns }, () => number),
    embedding: Float32Array.of(number, -number),
  };
}

async function append(store: FeatureStore, numbers: readonly number[], size = '16x8'): Promise<void> {
  for (const number of numbers) {
    const record = madeRecord(number, size);
    await store.append(size, shapeOf(record), packRecord(record));
  }
}

async function fill(t: ExecutionContext): Promise<string> {
  const dir = await tempFolder(t);
  await using store = await FeatureStore.open(dir, 'one');
  await append(store, [0, 1, 2, 3, 4]);
  await append(store, [10, 11, 12], '8x8');
  await store.commit(8);
  return dir;
}

async function batchesOf(source: CachedBatches, epoch: number, skip = 0): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.batches(epoch, skip)) batches.push(batch);
  return batches;
}

const numbersOf = (batches: readonly Batch[]): number[][] =>
  batches.map(({ embeddings }) => [...embeddings].filter((_, i) => i % 2 === 0));

test('a store keeps its features when it is opened again', async (t) => {
  const dir = await fill(t);
  await using store = await FeatureStore.open(dir, 'one');
  t.is(store.samples, 8);
  t.deepEqual(
    store.files.map(({ size, records }) => [size, records]),
    [
      ['16x8', 5],
      ['8x8', 3],
    ],
  );
  t.deepEqual(await store.read({ file: 1, record: 2 }), packRecord(madeRecord(12, '8x8')));
});

test('features that were not committed are overwritten', async (t) => {
  const dir = await fill(t);
  {
    await using broken = await FeatureStore.open(dir, 'one');
    await append(broken, [90, 91, 92]);
  }
  await using store = await FeatureStore.open(dir, 'one');
  t.is(store.samples, 8);
  await append(store, [5]);
  await store.commit(9);
  t.deepEqual(await store.read({ file: 0, record: 5 }), packRecord(madeRecord(5)));
  t.is(store.files[0]?.records, 6);
});

const damages: [string, (dir: string) => Promise<void>][] = [
  ['of other features', () => Promise.resolve()],
  [
    'whose index names a file outside of its folder',
    async (dir) => {
      await copyFile(join(dir, 'one', '16x8.features'), join(dir, '16x8.features'));
      const path = join(dir, 'one', 'features.json');
      await writeFile(path, (await readFile(path, 'utf8')).replace('"16x8.features"', '"../16x8.features"'));
    },
  ],
  ['whose index is cut', (dir) => writeFile(join(dir, 'one', 'features.json'), '{"fingerprint": "one", "fi')],
  [
    'whose index is of another form',
    (dir) => writeFile(join(dir, 'one', 'features.json'), '{"fingerprint": "one"}'),
  ],
  ['of which a file is cut', (dir) => truncate(join(dir, 'one', '8x8.features'), 30)],
];
for (const [what, damage] of damages) {
  test(`a store ${what} starts again`, async (t) => {
    const dir = await fill(t);
    await damage(dir);
    await using store = await FeatureStore.open(dir, what === 'of other features' ? 'other' : 'one');
    t.is(store.samples, 0);
    t.deepEqual(store.files, []);
    await append(store, [7]);
    await store.commit(1);
    t.deepEqual(await store.read({ file: 0, record: 0 }), packRecord(madeRecord(7)));
  });
}

test('features of other settings lie beside the present ones and do not change them', async (t) => {
  const dir = await fill(t);
  await using store = await FeatureStore.open(dir, 'one');
  {
    await using other = await FeatureStore.open(dir, 'other');
    await append(other, [90, 91, 92]);
  }
  t.deepEqual(await store.read({ file: 0, record: 0 }), packRecord(madeRecord(0)));
  await using again = await FeatureStore.open(dir, 'one');
  t.is(again.samples, 8);
  t.deepEqual(await again.read({ file: 0, record: 2 }), packRecord(madeRecord(2)));
});

test('an interrupted new store is empty, whatever its files hold', async (t) => {
  const dir = await fill(t);
  const file = join(dir, 'one', '8x8.features');
  const { size } = await stat(file);
  await truncate(file, 30);
  {
    await using begun = await FeatureStore.open(dir, 'one');
    await append(begun, [90, 91, 92]);
  }
  await truncate(file, size);
  await using store = await FeatureStore.open(dir, 'one');
  t.is(store.samples, 0);
});

test('a file that is truncated while it is read is reported as damaged', async (t) => {
  const dir = await fill(t);
  await using store = await FeatureStore.open(dir, 'one');
  await truncate(join(dir, 'one', '16x8.features'), 100);
  await t.throwsAsync(store.read({ file: 0, record: 4 }), { code: 'INPUT_DAMAGED', message: /of record 4/ });
});

const isLinux = existsSync('/proc/self/fd');

(isLinux ? test : test.skip)('a full disk is said to be full (Linux)', async (t) => {
  const dir = await tempFolder(t);
  await using one = await FeatureStore.open(dir, 'one');
  await symlink('/dev/full', join(dir, 'one', '16x8.features'));
  await t.throwsAsync(append(one, [1]), { code: 'DISK_FULL', message: /one: the disk is full/ });
});

(isLinux ? test : test.skip)(
  'several reads at once open a file once, and it is closed (Linux)',
  async (t) => {
    const dir = await fill(t);
    {
      await using store = await FeatureStore.open(dir, 'one');
      await Promise.all([0, 1, 2, 3, 4].map((record) => store.read({ file: 0, record })));
      t.deepEqual(await openFiles(dir), ['16x8.features']);
    }
    t.deepEqual(await openFiles(dir), []);
  },
);

/** The names of the folder's files that this process has open, one for each handle. */
async function openFiles(dir: string): Promise<string[]> {
  const handles = await readdir('/proc/self/fd');
  const targets = await Promise.all(handles.map((one) => readlink(`/proc/self/fd/${one}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(dir)).map((target) => basename(target));
}

test('an epoch has each record once, in batches of one size', async (t) => {
  await using store = await FeatureStore.open(await fill(t), 'one');
  const source = new CachedBatches(store, { batchSize: 2, seed: 1, stride: 4 });
  t.is(source.samplesPerEpoch, 8);
  t.is(source.batchesPerEpoch, 5);
  const batches = await batchesOf(source, 0);
  t.deepEqual(
    numbersOf(batches)
      .flat()
      .sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 10, 11, 12],
  );
  for (const { count, grid, ab, features, embeddings } of batches) {
    const number = embeddings[0]!;
    t.deepEqual(grid, number < 10 ? [2, 4] : [2, 2]);
    t.is(ab.length, count * 2 * grid[0] * grid[1]);
    t.is(ab[0], number);
    t.deepEqual(features.get('deep')?.shape, [count, 1, 2, 1]);
    t.is(Math.round(features.get('deep')?.data[0] ?? NaN), number);
  }
});

test('the order depends on seed and epoch; skipped batches are left out', async (t) => {
  await using store = await FeatureStore.open(await fill(t), 'one');
  const of = async (seed: number, epoch: number, skip = 0): Promise<string> =>
    JSON.stringify(
      numbersOf(await batchesOf(new CachedBatches(store, { batchSize: 2, seed, stride: 4 }), epoch, skip)),
    );
  const whole = await of(1, 0);
  t.is(await of(1, 0), whole);
  t.not(await of(1, 1), whole);
  t.not(await of(2, 0), whole);
  t.is(await of(1, 0, 3), JSON.stringify((JSON.parse(whole) as number[][]).slice(3)));
});
