import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { Sample } from '../../../../src/train/dataset/shards/sample.ts';
import { encodeSample } from '../../../../src/train/dataset/shards/sample-record.ts';
import { readShard } from '../../../../src/train/dataset/shards/shard-reader.ts';
import { frameRecord } from '../../../../src/train/dataset/shards/tfrecord.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { madeSample } from '../../../helpers/training-samples.ts';

async function readAll(path: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of readShard(path)) samples.push(sample);
  return samples;
}

/**
 * Written with the `TFRecordWriter` of TensorFlow 2.21, from `tf.train.Example` with luma 3i mod 256, ab -128..127.
 * Origin and licence: made for this test, MIT.
 */
const fixture = fileURLToPath(
  new URL('../../../../../test/fixtures/tensorflow-example.tfrecord', import.meta.url),
);

test('samples written by TensorFlow are read correctly', async (t) => {
  const common = {
    size: { widthPx: 16, heightPx: 8 },
    luma: Uint8Array.from({ length: 128 }, (_, i) => (3 * i) % 256),
    ab: Int8Array.from({ length: 256 }, (_, i) => i - 128),
    embeddingMirrored: Float32Array.of(1e10, 0.1, -0, 7),
  };
  t.deepEqual(await readAll(fixture), [
    { key: 'gate/dawn.jpg', ...common, embedding: Float32Array.of(0.5, -1.25, 3e-5, 0) },
    { key: 'Größe.mp4#12.5', ...common, embedding: Float32Array.of(0.5, -1.25, 3e-5, 1) },
  ]);
});

const size = { widthPx: 24, heightPx: 16 };
const samples = [0, 1, 2].map((number) => madeSample(`photo ${number}`, size));
const records = samples.map((sample) => frameRecord(encodeSample(sample)));

async function writeSpoiled(t: ExecutionContext, spoil: (bytes: Buffer) => Buffer): Promise<string> {
  const path = join(await tempFolder(t), 'shard.tfrecord');
  await writeFile(path, spoil(Buffer.concat(records)));
  return path;
}

test('samples come back bit for bit, in their order', async (t) => {
  t.deepEqual(await readAll(await writeSpoiled(t, (bytes) => bytes)), samples);
});

test('an empty shard has no samples', async (t) => {
  t.deepEqual(await readAll(await writeSpoiled(t, () => Buffer.alloc(0))), []);
});

const isRefused = test.macro<[string, (bytes: Buffer) => Buffer, RegExp]>({
  async exec(t, _what, spoil, message) {
    const path = await writeSpoiled(t, spoil);
    const error = await t.throwsAsync(readAll(path), { code: 'INPUT_DAMAGED' });
    t.true(error.message.startsWith(`${path}: record `));
    t.regex(error.message, message);
  },
  title: (_, what) => `${what} is named with its place`,
});

const recordBytes = records[0]?.length ?? 0;
const flip = (at: number) => (bytes: Buffer) => {
  bytes[at]! ^= 0x10;
  return bytes;
};
test(
  isRefused,
  'a changed byte of data',
  flip(recordBytes + 5000),
  /record 1 at byte \d+: its data do not match the stored checksum/,
);
test(
  isRefused,
  'a changed length',
  flip(2 * recordBytes),
  /record 2 at byte \d+: its length does not match the stored checksum/,
);
test(
  isRefused,
  'a cut record',
  (bytes) => bytes.subarray(0, -1),
  /record 2 at byte \d+: expected \d+ more bytes but the file ends after \d+/,
);
test(
  isRefused,
  'a cut header',
  (bytes) => bytes.subarray(0, recordBytes + 5),
  /record 1 at byte \d+: expected 12 more bytes but the file ends after 5/,
);
test(
  isRefused,
  'a record of something else',
  () => Buffer.from(frameRecord(Buffer.from('hello, world'))),
  /record 0: .*tf\.train\.Example/,
);
test(
  isRefused,
  'a sample without luma',
  () => Buffer.from(frameRecord(encodeSample({ ...samples[0]!, luma: new Uint8Array(3) }))),
  /"luma" of 384 bytes but got 3 bytes/,
);

test('a shard without a file is missing, not damaged', async (t) => {
  await t.throwsAsync(readAll(join(await tempFolder(t), 'none.tfrecord')), { code: 'INPUT_MISSING' });
});
