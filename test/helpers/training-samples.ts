import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SizePx } from '../../src/frame.ts';
import { writeDatasetManifest, type Shard } from '../../src/train/dataset/dataset-manifest.ts';
import { ColorCounter } from '../../src/train/dataset/prior.ts';
import { encodeSample } from '../../src/train/dataset/shards/sample-record.ts';
import type { Sample, Split } from '../../src/train/dataset/shards/sample.ts';
import { frameRecord } from '../../src/train/dataset/shards/tfrecord.ts';
import { seededRandom } from './seeded.ts';

/** A sample of noise that depends only on its key. */
export function madeSample(key: string, size: SizePx): Sample {
  const seed = createHash('sha256').update(key).digest().readUInt32LE(0);
  const random = seededRandom(seed);
  const pixels = size.widthPx * size.heightPx;
  return {
    key,
    size,
    luma: Uint8Array.from({ length: pixels }, () => Math.floor(random() * 256)),
    ab: Int8Array.from({ length: 2 * pixels }, () => Math.floor(random() * 200) - 100),
    embedding: Float32Array.from({ length: 2048 }, () => random() * 3),
    embeddingMirrored: Float32Array.from({ length: 2048 }, () => random() * 3),
  };
}

/** A shard of a made set. */
export interface MadeShard {
  readonly split: Split;
  readonly size: SizePx;
  readonly samples: readonly Sample[];
}

/** Writes a set of made samples. */
export async function writeMadeDataset(dir: string, made: readonly MadeShard[]): Promise<void> {
  const shards: Shard[] = [];
  const colors = new ColorCounter();
  for (const [number, { split, size, samples }] of made.entries()) {
    const file = `${split}-${String(number).padStart(5, '0')}.tfrecord`;
    const bytes = Buffer.concat(samples.map((sample) => frameRecord(encodeSample(sample))));
    await writeFile(join(dir, file), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    shards.push({ file, split, size, samples: samples.length, bytes: bytes.length, sha256 });
    if (split === 'train') for (const sample of samples) colors.add(sample.ab, size);
  }
  const count = (split: Split): number =>
    shards.reduce((sum, shard) => sum + (shard.split === split ? shard.samples : 0), 0);
  await writeDatasetManifest(dir, {
    formatVersion: 1,
    fingerprint: '0'.repeat(64),
    settings: {
      shortSidePx: 16,
      minChroma: 4,
      validationFraction: 0.05,
      seed: 1,
      framesPerVideo: 200,
      samplesPerShard: 512,
    },
    embedding: { network: 'inception-v3', size: 2048, input: 299 },
    sources: [],
    samples: { train: count('train'), validation: count('validation') },
    refused: { unreadable: 0, 'too small': 0, gray: 0, 'one tint': 0, 'near-duplicate': 0 },
    shards,
    prior: colors.prior(),
  });
}
