import { availableParallelism } from 'node:os';
import { readWeights } from '../../model/weights/read-weights.ts';
import { lumaInput } from '../../model/tables/nodes.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { SceneLabels } from '../dataset/scene-labels.ts';
import { fingerprintOf } from '../../files/fingerprint.ts';
import { CachedBatches } from '../features/cached-batches.ts';
import { FeatureStore } from '../features/feature-store.ts';
import type { FrozenSetup } from '../features/feature-worker.ts';
import { fillStore } from '../features/fill-store.ts';
import { FrozenPart } from '../features/frozen-part.ts';
import { AugmentedBatches } from '../features/augmented-batches.ts';
import type { BatchSource } from '../learn/batch.ts';
import { ShortEpochs } from '../learn/short-epochs.ts';
import type { ValidationPicture } from '../learn/validation.ts';
import { viewsOf } from './view-weights.ts';
import { describeFeatures } from './describe-run.ts';
import type { ModelJob } from './model-job.ts';
import { lumaPicture, validationPictures } from './validation-pictures.ts';

/** The pictures that a run learns from, and those that judge it. */
export interface Material extends AsyncDisposable {
  readonly source: BatchSource;
  readonly pictures: readonly ValidationPicture[];
}

/**
 * Prepares a run's pictures: features of the frozen part on disk, which take a while the first time, or the pictures
 * themselves if nothing is frozen.
 * @param scenes - what the pictures show, if the run learns it
 * @throws the signal's reason if it is aborted; finished work is kept
 */
export async function prepareMaterial(
  job: ModelJob,
  set: Dataset,
  { setup, scenes }: { readonly setup: FrozenSetup; readonly scenes: SceneLabels | undefined },
): Promise<Material> {
  const material = await wholeMaterial(job, set, { setup, scenes });
  if (job.epochBatches === undefined) return material;
  return { ...material, source: new ShortEpochs(material.source, job.epochBatches) };
}

async function wholeMaterial(
  job: ModelJob,
  set: Dataset,
  { setup, scenes }: { readonly setup: FrozenSetup; readonly scenes: SceneLabels | undefined },
): Promise<Material> {
  const samples = await set.spreadSamples('validation', job.validationPictures);
  const { stride } = setup.spec.head;
  const options = { batchSize: job.batchSize, seed: job.settings.seed, stride };
  if (setup.cuts.includes(lumaInput)) {
    const source = new AugmentedBatches(set, { ...options, strength: job.augment, scenes });
    const pictures = samples.map((sample) => lumaPicture(sample, stride, scenes));
    return { source, pictures, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
  }
  const store = await filledStore(job, set, setup);
  const source = new CachedBatches(store, options);
  await using part = await openPart(setup);
  const pictures = await validationPictures(samples, part, { stride, keepsLuma: setup.keepsLuma === true });
  return { source, pictures, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

async function filledStore(job: ModelJob, set: Dataset, setup: FrozenSetup): Promise<FeatureStore> {
  const fingerprint = fingerprintOf(describeFeatures(job, set, setup));
  const store = await FeatureStore.open(job.folder.features, fingerprint);
  const total = set.manifest.samples.train;
  if (store.samples >= total) return store;
  try {
    await fillStore(store, {
      setup,
      strength: job.augment,
      seed: job.settings.seed,
      signal: job.signal,
      views: viewsOf(job.views, job.viewWeights),
      samples: set.samples('train'),
      onProgress: (done) => job.reporter.features(done, total),
    });
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

async function openPart({ spec, cuts, weights, trunk }: FrozenSetup): Promise<FrozenPart> {
  const read = await readWeights(weights, trunk);
  return FrozenPart.open({ spec, cuts, weights: read, threads: availableParallelism() });
}
