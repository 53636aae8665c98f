import test from 'ava';
import {
  packRecord,
  recordBytes,
  shapeOf,
  unpackRecord,
  type FeatureRecord,
} from '../../../src/train/features/feature-record.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const random = seededRandom(7);
/** Of 3 channels: numbers of very different greatness, and one that is 0 everywhere. */
const channelScale = [1000, 0.01, 0];

function madeRecord(): FeatureRecord {
  const deep = Float32Array.from({ length: 4 * 5 * 3 }, (_, i) => random() * channelScale[i % 3]!);
  const skip = Float32Array.from({ length: 2 * 2 * 2 }, () => random());
  return {
    maps: new Map([
      ['deep', { shape: [4, 5, 3], data: deep }],
      ['skip', { shape: [2, 2, 2], data: skip }],
    ]),
    ab: Int8Array.from({ length: 40 }, (_, i) => (i - 20) * 6),
    embedding: Float32Array.from({ length: 6 }, () => random() - 0.5),
  };
}

function unpacked(record: FeatureRecord): {
  maps: Map<string, Float32Array>;
  ab: Int8Array;
  embedding: Float32Array;
} {
  const shape = shapeOf(record);
  const maps = new Map([...record.maps].map(([name, { data }]) => [name, new Float32Array(data.length)]));
  return { maps, ...unpackRecord(packRecord(record), shape, maps) };
}

test('a record has as many bytes as its shape says', (t) => {
  const record = madeRecord();
  const bytes = 3 * 4 + 60 + (2 * 4 + 8) + 40 + 6 * 4;
  t.is(recordBytes(shapeOf(record)), bytes);
  t.is(packRecord(record).length, bytes);
});

test("maps come back to a 510th of their channel's greatest number", (t) => {
  const record = madeRecord();
  const { maps } = unpacked(record);
  for (const [name, { shape, data }] of record.maps) {
    const channels = shape[2];
    for (let c = 0; c < channels; c++) {
      const greatest = Math.max(...data.filter((_, i) => i % channels === c));
      data.forEach((value, i) => {
        const error = Math.abs(maps.get(name)![i]! - value);
        if (i % channels === c)
          t.true(error <= (greatest / 510) * (1 + 1e-5), `${name}: ${error} of ${greatest}`);
      });
    }
  }
});

test('colour and embedding come back exactly', (t) => {
  const record = madeRecord();
  const { ab, embedding } = unpacked(record);
  t.deepEqual(ab, record.ab);
  t.deepEqual(embedding, record.embedding);
});
