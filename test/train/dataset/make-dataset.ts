import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp, { type Sharp } from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { loadEmbedding } from '../../../src/model/embedding/embedding-file.ts';
import { EmbeddingSession } from '../../../src/model/embedding/embedding-session.ts';
import { squash } from '../../../src/stream/palette.ts';
import type { DatasetJob } from '../../../src/train/dataset/dataset-job.ts';
import { findSources } from '../../../src/train/dataset/find-sources.ts';
import { makeDataset } from '../../../src/train/dataset/make-dataset.ts';
import type { DatasetManifest } from '../../../src/train/dataset/dataset-manifest.ts';
import type { Sample } from '../../../src/train/dataset/shards/sample.ts';
import { readShard } from '../../../src/train/dataset/shards/shard-reader.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../helpers/seeded.ts';
import { smallEmbedding } from '../../helpers/small-embedding.ts';

const settings = {
  shortSidePx: 64,
  minChroma: 4,
  validationFraction: 0.2,
  seed: 1,
  framesPerVideo: 10,
  samplesPerShard: 3,
};

/** A colour picture of smooth blobs. */
function blobs(seed: number, width: number, height: number): Sharp {
  return sharp(Buffer.from(seededBytes(12 * 9 * 3, seed)), {
    raw: { width: 12, height: 9, channels: 3 },
  }).resize(width, height, { fit: 'fill', kernel: 'cubic' });
}

/** Eight good photos of two shapes, a gray one, a copy, a truncated one, and one that is too small. */
async function makePhotos(folder: string): Promise<void> {
  await mkdir(folder);
  const save = (name: string, picture: Sharp): Promise<unknown> => picture.toFile(join(folder, name));
  for (let i = 0; i < 8; i++) await save(`good ${i}.png`, blobs(i, 200, i < 5 ? 150 : 200));
  await save('gray.png', blobs(20, 200, 150).grayscale().toColourspace('srgb'));
  await save('copy of 3.jpg', blobs(3, 240, 180));
  await save('small.png', blobs(21, 40, 30));
  const whole = await blobs(22, 200, 150).jpeg().toBuffer();
  await writeFile(join(folder, 'cut.jpg'), whole.subarray(0, whole.length / 2));
}

type Options = Partial<Pick<DatasetJob, 'settings' | 'embedding' | 'signal' | 'onProgress' | 'onRefused'>>;

async function make(photos: string, dir: string, options: Options = {}): Promise<DatasetManifest> {
  return makeDataset({
    dir,
    settings,
    embedding: { path: smallEmbedding, range: [-1, 1] },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onRefused: () => undefined,
    ...options,
    sources: await findSources([{ input: photos }], dir),
  });
}

/** The samples of all shards of a set. */
async function samplesOf(dir: string, { shards }: DatasetManifest): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const { file, size } of shards) {
    for await (const sample of readShard(join(dir, file))) {
      if (sample.size.widthPx !== size.widthPx) throw new RangeError(`${file} has another shape`);
      samples.push(sample);
    }
  }
  return samples;
}

interface Made {
  readonly photos: string;
  readonly dir: string;
  readonly manifest: DatasetManifest;
  /** reasons by key */
  readonly refused: ReadonlyMap<string, string>;
}

/** The set that most tests use, made once. */
let shared: Promise<Made> | undefined;
const folder = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
test.after.always(() => rm(folder, { recursive: true, force: true }));

async function makeShared(): Promise<Made> {
  const photos = join(folder, 'photos');
  const dir = join(folder, 'set');
  await makePhotos(photos);
  const refused = new Map<string, string>();
  const manifest = await make(photos, dir, { onRefused: (key, { reason }) => refused.set(key, reason) });
  return { photos, dir, manifest, refused };
}

test.serial('useful files are taken once each, and the others are named with a reason', async (t) => {
  const { dir, manifest, refused } = await (shared ??= makeShared());
  const samples = await samplesOf(dir, manifest);
  const copy = refused.has('good 3.png') ? 'good 3.png' : 'copy of 3.jpg';
  t.deepEqual(
    [...refused].sort(),
    [
      ...[
        ['cut.jpg', 'unreadable'],
        ['gray.png', 'gray'],
        ['small.png', 'too small'],
      ],
      [copy, 'near-duplicate'],
    ].sort(),
  );
  const good = [...Array.from({ length: 8 }, (_, i) => `good ${i}.png`), 'copy of 3.jpg'];
  t.deepEqual(samples.map(({ key }) => key).sort(), good.filter((key) => key !== copy).sort());
  t.deepEqual(manifest.refused, {
    unreadable: 1,
    'too small': 1,
    gray: 1,
    'one tint': 0,
    'near-duplicate': 1,
  });
  t.deepEqual(manifest.sources, [{ name: 'photos', split: 'both', photos: 12, films: 0 }]);
  t.is(manifest.samples.train + manifest.samples.validation, 8);
  t.true(manifest.samples.validation >= 1);
  t.deepEqual((await readdir(dir)).sort(), ['manifest.json', ...manifest.shards.map(({ file }) => file)]);
  // 80 x 64 and 64 x 64 pixels, in blocks of 4 x 4
  const points = manifest.shards.reduce(
    (sum, { split, size, samples: count }) =>
      sum + (split === 'train' ? (count * size.widthPx * size.heightPx) / 16 : 0),
    0,
  );
  t.is(
    manifest.prior.cells.reduce((sum, [, , count]) => sum + count, 0),
    points,
  );
});

test.serial('a sample holds the embeddings that the program makes of its luma', async (t) => {
  const [photos, dir] = [join(folder, 'few photos'), join(folder, 'few')];
  await mkdir(photos);
  for (let i = 0; i < 2; i++) await blobs(i, 200, 150).toFile(join(photos, `${i}.png`));
  const [sample] = await samplesOf(dir, await make(photos, dir, { embedding: undefined }));
  if (!sample) return t.fail('no sample');
  const wish = { size: 2048, input: 299, range: [0, 1], model: 'test' } as const;
  await using session = await EmbeddingSession.open(await loadEmbedding(), wish, {
    device: 'cpu',
    threads: 2,
  });
  const [plain, mirrored] = await session.embed(await squash(sample.luma, sample.size, 299));
  t.true(relativeError(sample.embedding, plain!) < 1e-4);
  t.true(relativeError(sample.embeddingMirrored, mirrored!) < 1e-4);
  t.true(relativeError(sample.embedding, sample.embeddingMirrored) > 1e-2);
});

test.serial(
  'an interrupted run resumes where it stopped, and the set equals that of a single run',
  async (t) => {
    const { photos, dir: wholeDir, manifest: whole } = await (shared ??= makeShared());
    const dir = join(await tempFolder(t), 'broken');
    const stop = new AbortController();
    const breakOff = make(photos, dir, {
      signal: stop.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'samples' && done === 5) stop.abort(new AppError('INTERRUPTED', 'stopped by the test'));
      },
    });
    await t.throwsAsync(breakOff, { code: 'INTERRUPTED' });
    const kept = (await readdir(dir)).filter((name) => name.endsWith('.tfrecord'));
    t.true(kept.length > 0 && kept.length < whole.shards.length);
    const before = await stat(join(dir, kept[0] ?? ''));
    const stages = new Set<string>();
    t.deepEqual(await make(photos, dir, { onProgress: ({ stage }) => stages.add(stage) }), whole);
    t.deepEqual([...stages], ['samples']);
    t.is((await stat(join(dir, kept[0] ?? ''))).mtimeMs, before.mtimeMs);
    for (const { file } of whole.shards)
      t.true((await readFile(join(dir, file))).equals(await readFile(join(wholeDir, file))), file);
    t.false((await readdir(dir)).includes('work'));
  },
);

test.serial(
  'a shard that is damaged later, or whose line in the journal is truncated, is made again',
  async (t) => {
    const { photos } = await (shared ??= makeShared());
    const dir = join(await tempFolder(t), 'set');
    const stop = new AbortController();
    const breakOff = make(photos, dir, {
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 7) stop.abort(new AppError('INTERRUPTED', 'stopped by the test'));
      },
    });
    await t.throwsAsync(breakOff, { code: 'INTERRUPTED' });
    await truncate(join(dir, 'train-00000.tfrecord'), 1000).catch(() => undefined);
    await appendFile(join(dir, 'work', 'journal.jsonl'), '{"shard":{"file":"train-0');
    const manifest = await make(photos, dir);
    t.is((await samplesOf(dir, manifest)).length, 8);
  },
);

test.serial('a folder that holds other files is refused', async (t) => {
  const dir = await tempFolder(t);
  await writeFile(join(dir, 'diary.txt'), '');
  const { photos } = await (shared ??= makeShared());
  await t.throwsAsync(make(photos, dir), { code: 'OUTPUT_EXISTS', message: /diary\.txt/ });
});

test.serial('when no picture is useful the error counts the reasons', async (t) => {
  const photos = await tempFolder(t);
  await blobs(1, 200, 150).grayscale().toFile(join(photos, 'gray.png'));
  await blobs(1, 20, 15).toFile(join(photos, 'small.png'));
  await t.throwsAsync(make(photos, join(await tempFolder(t), 'set')), {
    code: 'INPUT_UNSUPPORTED',
    message: /none is of use: 1 too small, 1 gray/,
  });
});

test.serial('only missing or truncated shards of a complete set are made again', async (t) => {
  const { photos, dir: wholeDir, manifest } = await (shared ??= makeShared());
  const dir = join(await tempFolder(t), 'set');
  await cp(wholeDir, dir, { recursive: true, preserveTimestamps: true });
  const [missing, cut, kept] = manifest.shards.map(({ file }) => join(dir, file));
  if (missing === undefined || cut === undefined || kept === undefined) return t.fail('too few shards');
  const before = await stat(kept);
  await rm(missing);
  await truncate(cut, 1000);
  t.deepEqual(await make(photos, dir), manifest);
  t.is((await stat(kept)).mtimeMs, before.mtimeMs);
  for (const { file } of manifest.shards)
    t.true((await readFile(join(dir, file))).equals(await readFile(join(wholeDir, file))), file);
  t.deepEqual((await readdir(dir)).sort(), (await readdir(wholeDir)).sort());
});

test.serial('a complete set is left as it is; other settings or changed sources are refused', async (t) => {
  const { photos, dir, manifest } = await (shared ??= makeShared());
  t.deepEqual(await make(photos, dir), manifest);
  await t.throwsAsync(make(photos, dir, { settings: { ...settings, seed: 2 } }), {
    code: 'OUTPUT_EXISTS',
    message: /made differently: seed was 1, now 2/,
  });
  await utimes(join(photos, 'good 0.png'), 1, 1);
  await t.throwsAsync(make(photos, dir), { code: 'OUTPUT_EXISTS', message: /the source files have changed/ });
});
