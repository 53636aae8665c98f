import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { lightnessTable } from '../../../src/model/color/lab.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { runNodes } from '../../../src/model/tfjs/run-nodes.ts';
import { lumaInput } from '../../../src/model/tables/nodes.ts';
import { requireValue } from '../../../src/model/require-value.ts';
import {
  packRecord,
  recordBytes,
  shapeOf,
  unpackRecord,
  type FeatureRecord,
} from '../../../src/train/features/feature-record.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const random = seededRandom(7);
/** Three channels: two with numbers of very different size, and one that is 0 everywhere. */
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

test("maps are restored to within a 510th of their channel's largest number", (t) => {
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

test('colour and embedding are restored exactly', (t) => {
  const record = madeRecord();
  const { ab, embedding } = unpacked(record);
  t.deepEqual(ab, record.ab);
  t.deepEqual(embedding, record.embedding);
});

test("luma that was packed has each level's own lightness, however dark the picture", async (t) => {
  await openTensorflow('wasm', { threads: 1 });
  for (const brightest of [255, 200, 101, 7]) {
    const levels = Float32Array.from({ length: brightest + 1 }, (_, level) => level);
    const shape = [1, levels.length, 1] as const;
    const { maps } = unpacked({ ...madeRecord(), maps: new Map([[lumaInput, { shape, data: levels }]]) });
    const luma = tf.tensor4d(requireValue(maps, lumaInput), [1, ...shape]);
    const node = { name: 'lightness', inputs: [lumaInput], op: { kind: 'lightness' } } as const;
    const context = { weights: () => luma, temperature: 1 };
    const lightness = tf.tidy(() => {
      const values = runNodes([node], new Map([[lumaInput, luma]]), context);
      return requireValue(values, 'lightness').dataSync();
    });
    luma.dispose();
    const expected = lightnessTable().subarray(0, levels.length);
    t.true(lightness.every((value, level) => Math.abs(value - (expected[level]! / 50 - 1)) < 1e-6));
  }
});
