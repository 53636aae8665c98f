import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundledEmbedding } from '../../model/embedding.ts';
import type { Model } from '../../model/model.ts';
import { hasTrunk } from '../../model/tables/network.ts';
import { readWeights } from '../../model/model.ts';
import { CachedBatches } from '../features/cached-batches.ts';
import { cutsOf, type TrainablePart } from '../features/cuts.ts';
import { FeatureStore } from '../features/feature-store.ts';
import type { FrozenSetup } from '../features/feature-worker.ts';
import { fillStore } from '../features/fill-store.ts';
import { FrozenPart } from '../features/frozen-part.ts';
import { saveModel, type ManifestFacts } from '../learn/save-model.ts';
import {
  trainNetwork,
  type EpochReport,
  type RunSettings,
  type StepProgress,
} from '../learn/train-network.ts';
import { TrainableNetwork, type NamedWeight } from '../learn/trainable-network.ts';
import { Validation } from '../learn/validation.ts';
import { baseOf, freshBase, type BaseModel } from './base-model.ts';
import { classesOf } from './classes.ts';
import type { RunFolder } from './run-folder.ts';
import { openSet, samplesOf, spreadSamples, type OpenDataset } from './samples.ts';
import { validationPictures } from './validation-pictures.ts';

/** A run of the trainer on a set. */
export interface ModelJob {
  readonly dataset: string;
  readonly base: Model;
  /** its weights are thrown away, all but the frozen part's */
  readonly isFresh: boolean;
  readonly part: TrainablePart;
  /** how often each sample is varied, and how strongly */
  readonly views: number;
  readonly augment: number;
  readonly batchSize: number;
  /** pictures set aside that each epoch is judged by */
  readonly validationPictures: number;
  readonly settings: RunSettings;
  readonly folder: RunFolder;
  /** of the model that is made */
  readonly name: string;
  readonly version: number;
  readonly provenance: ManifestFacts['provenance'];
  readonly signal: AbortSignal;
  readonly reporter: RunReporter;
}

/** Who is told how a run goes. */
export interface RunReporter {
  features(done: number, total: number): void;
  start(facts: { readonly pictures: number; readonly batches: number; readonly validation: number }): void;
  step(progress: StepProgress): void;
  epoch(report: EpochReport): void;
}

const checkpointEveryMs = 5 * 60_000;

/**
 * Trains a model: features of the frozen part first, then the rest, epoch by epoch. Broken off, it goes on.
 * The TensorFlow.js backend must be open.
 * @returns what each epoch came to
 */
export async function trainModel(job: ModelJob): Promise<readonly EpochReport[]> {
  const trunk = await bundledEmbedding();
  const given = await baseOf(job.base, trunk);
  const base = job.isFresh ? freshBase(given, given.spec.architecture, given.head) : given;
  const set = await openSet(job.dataset);
  await mkdir(job.folder.dir, { recursive: true });
  await writeFile(job.folder.settings, JSON.stringify(describe(job), undefined, 2));

  const frozen: FrozenSetup = {
    ...{ spec: base.spec, cuts: cutsOf(base.spec, job.part), weights: job.base.weights },
    ...(hasTrunk(base.spec) ? { trunk } : {}),
  };
  await using store = await FeatureStore.open(
    job.folder.features,
    fingerprintOf(featureFacts(job, set, frozen)),
  );
  await fill(store, job, set, frozen);
  const source = new CachedBatches(store, {
    ...{ batchSize: job.batchSize, seed: job.settings.seed, stride: base.head.stride },
  });
  const validation = new Validation(await prepareValidation(job, set, frozen));
  job.reporter.start({
    ...{ pictures: source.samplesPerEpoch, batches: source.batchesPerEpoch, validation: validation.count },
  });
  using network = networkOf(base, job, frozen.cuts);
  const fingerprint = fingerprintOf({ ...describe(job), features: featureFacts(job, set, frozen) });
  const { history } = await trainNetwork(
    {
      ...{ network, source, validation, settings: job.settings, dir: job.folder.dir, signal: job.signal },
      ...(base.bins === undefined
        ? {}
        : { classes: classesOf(base.bins, set.manifest.prior, job.settings.objective.lambda) }),
      ...{
        checkpointEveryMs,
        now: () => performance.now(),
        onStep: (progress) => job.reporter.step(progress),
      },
      onEpoch: async (report) => {
        job.reporter.epoch(report);
        await appendFile(job.folder.history, `${JSON.stringify(report)}\n`);
        if (report.isBest) await save(job, base, network.exportWeights(), report, frozen);
      },
    },
    fingerprint,
  );
  return history;
}

async function fill(store: FeatureStore, job: ModelJob, set: OpenDataset, setup: FrozenSetup): Promise<void> {
  const total = set.manifest.samples.train;
  if (store.samples >= total) return;
  await fillStore(store, {
    ...{ setup, views: job.views, strength: job.augment, seed: job.settings.seed, signal: job.signal },
    samples: samplesOf(set, 'train'),
    onProgress: (done) => job.reporter.features(done, total),
  });
}

async function prepareValidation(
  job: ModelJob,
  set: OpenDataset,
  { spec, cuts, weights, trunk }: FrozenSetup,
): Promise<Awaited<ReturnType<typeof validationPictures>>> {
  const samples = await spreadSamples(set, 'validation', job.validationPictures);
  await using part = await FrozenPart.open(
    spec,
    cuts,
    await readWeights(weights, trunk),
    availableParallelism(),
  );
  return await validationPictures(samples, part, spec.head.stride);
}

function networkOf(base: BaseModel, job: ModelJob, cuts: readonly string[]): TrainableNetwork {
  const { spec, weights, bins, embedding } = base;
  const plan = { spec, cuts, embeddingSize: embedding.size, hasNorm: weights === undefined };
  const initial = (name: string): Float32Array | undefined => (name === 'head.bins' ? bins : weights?.(name));
  return new TrainableNetwork(plan, initial, job.settings.seed);
}

/** The whole model: what was trained, and what of the base's own weights was not. */
async function save(
  job: ModelJob,
  base: BaseModel,
  trained: ReadonlyMap<string, NamedWeight>,
  report: EpochReport,
  frozen: FrozenSetup,
): Promise<void> {
  const weights = new Map<string, NamedWeight>();
  const own = await readWeights(frozen.weights, frozen.trunk);
  for (const [name, shape] of Object.entries(job.base.manifest.tensors)) {
    weights.set(name, trained.get(name) ?? { shape, data: own(name) });
  }
  const { psnrDb, ciede2000, colourfulness } = report.scores;
  const facts: ManifestFacts = {
    ...{ formatVersion: 1, name: job.name, version: job.version, architecture: base.spec.architecture },
    ...{ input: base.input, embedding: base.embedding, head: base.head, provenance: job.provenance },
    metrics: {
      validationPsnrDb: round(psnrDb),
      validationCiede2000: round(ciede2000),
      validationColourfulness: round(colourfulness),
      epoch: report.epoch + 1,
    },
  };
  await saveModel(job.folder.model, facts, weights);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** What the numbers of a run depend on, for its folder and its fingerprint. */
function describe(job: ModelJob): Record<string, unknown> {
  const { part, views, augment, batchSize, settings, isFresh, base } = job;
  return {
    ...{
      base: base.manifest.name,
      weights: base.weights.map(({ sha256 }) => sha256),
      isFresh,
      part,
      views,
      augment,
      batchSize,
    },
    ...{ validationPictures: job.validationPictures, settings },
  };
}

function featureFacts(
  job: ModelJob,
  { manifest }: OpenDataset,
  frozen: FrozenSetup,
): Record<string, unknown> {
  const { views, augment, settings, part } = job;
  const weights =
    hasTrunk(frozen.spec) && part === 'decoder'
      ? frozen.trunk?.sha256
      : frozen.weights.map(({ sha256 }) => sha256);
  return {
    ...{ data: manifest.fingerprint, cuts: frozen.cuts, weights, views, augment, seed: settings.seed },
  };
}

function fingerprintOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Where a set's own folder would hold its features. */
export function featuresBeside(dataset: string): string {
  return join(dataset, 'features');
}
