import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { loadModel } from '../../../src/model/model.ts';
import type { Sample } from '../../../src/train/dataset/shards/sample.ts';
import { FeatureStore } from '../../../src/train/features/feature-store.ts';
import { fillStore, type FillJob } from '../../../src/train/features/fill-store.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample } from '../../helpers/training-samples.ts';

const size = { widthPx: 256, heightPx: 144 };

/** This many samples, then a damaged shard. */
// eslint-disable-next-line @typescript-eslint/require-await -- the real one reads from disk
async function* samplesThenDamage(count: number): AsyncGenerator<Sample> {
  for (let i = 0; i < count; i++) yield madeSample(String(i), size);
  throw new AppError('INPUT_DAMAGED', 'a shard that was cut');
}

async function jobOf(samples: AsyncIterable<Sample>): Promise<FillJob> {
  const { manifest, weights } = await loadModel('starter');
  const spec = { architecture: manifest.architecture, head: manifest.head };
  return {
    setup: { spec, cuts: ['encoder.7'], weights },
    samples,
    views: () => 1,
    strength: 0,
    seed: 1,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
}

test('an error while features are computed is reported, and the process continues', async (t) => {
  await using store = await FeatureStore.open(await tempFolder(t), 'one');
  const job = await jobOf(samplesThenDamage(12));
  await t.throwsAsync(fillStore(store, job), { code: 'INPUT_DAMAGED', message: /a shard that was cut/ });
  t.is(store.samples, 0, 'nothing was committed');
});
