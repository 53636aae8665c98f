import { bundledEmbedding } from '../../model/embedding/embedding-file.ts';
import type { Model } from '../../model/model.ts';
import { requireValue } from '../../model/require-value.ts';
import { sharesTrunk, type Architecture } from '../../model/tables/network.ts';
import { fingerprintOf } from '../../files/fingerprint.ts';
import { cutsOf } from '../features/cuts.ts';
import type { TrainablePart } from '../features/trainable-part.ts';
import type { FrozenSetup } from '../features/feature-worker.ts';
import { trainedEmbedding } from '../learn/embedding-dropout.ts';
import type { ManifestFacts } from '../learn/save-model.ts';
import {
  trainNetwork,
  type EpochReport,
  type RunSettings,
  type StepProgress,
} from '../learn/train-network.ts';
import { TrainableNetwork, type NamedWeight } from '../learn/trainable-network.ts';
import { Validation, type References } from '../learn/validation.ts';
import { chooseBase, type BaseModel } from './base-model.ts';
import { calibrate, raised, type Calibrated } from './calibrate.ts';
import { checkFrozen, checkSet } from './check-run.ts';
import { classesOf } from './classes.ts';
import { describeFeatures, describeRun, writeDescription } from './describe-run.ts';
import { exportModel, judgedHead, type ModelParts } from './export-model.ts';
import type { Often } from './often.ts';
import { prepareMaterial } from './prepare-material.ts';
import type { RunFolder } from './run-folder.ts';
import { RunRecord } from './run-record.ts';
import { openSet, type OpenDataset } from './samples.ts';
import { makeFolder } from '../../files/make-folder.ts';

/** A run of the trainer on a set. */
export interface ModelJob {
  readonly dataset: string;
  readonly base: Model;
  /** its weights are thrown away, all but the frozen part's */
  readonly isFresh: boolean;
  /** of a fresh network; absent: the base's */
  readonly architecture?: Architecture;
  readonly part: TrainablePart;
  /** how often each sample is varied, and how strongly */
  readonly views: number;
  readonly augment: number;
  /** which samples are varied more often than others */
  readonly often: readonly Often[];
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

/** What a run begins with. */
export interface RunStart {
  /** that an epoch has, variations counted */
  readonly pictures: number;
  readonly batches: number;
  /** pictures set aside */
  readonly validation: number;
  readonly references: References;
}

/** Who is told how a run goes. */
export interface RunReporter {
  features(done: number, total: number): void;
  start(facts: RunStart): void;
  step(progress: StepProgress): void;
  epoch(report: EpochReport): void;
  /** pictures that were judged for the finished model's liveliness */
  calibrating(done: number, total: number): void;
  /** how lively the finished model colours, and what it scores then */
  calibrated(result: Calibrated): void;
}

const checkpointEveryMs = 5 * 60_000;
/** Rows of a sample sheet. */
const sheetPictures = 8;

/**
 * Trains a model: features of the frozen part first, then the rest, epoch by epoch. Broken off, it goes on.
 * The TensorFlow.js backend must be open.
 * @returns what each epoch came to
 * @throws {AppError} USAGE, MODEL_MISMATCH, INPUT_UNSUPPORTED when set, model and settings do not go together;
 *   OUTPUT_EXISTS when the folder holds another run; as `trainNetwork`
 */
export async function trainModel(job: ModelJob): Promise<readonly EpochReport[]> {
  const { settings, folder, reporter, part } = job;
  const trunk = await bundledEmbedding();
  const set = await openSet(job.dataset);
  const base = await chooseBase({ ...job, objective: settings.objective }, set.manifest.prior, trunk);
  const cuts = cutsOf(base.spec, part);
  checkSet(set, base);
  checkFrozen(base.spec, cuts, job.base);
  await makeFolder(folder.dir);
  await writeDescription(folder, describeRun(job));

  const frozen: FrozenSetup = {
    ...{ spec: base.spec, cuts, weights: job.base.weights },
    ...(sharesTrunk(base.spec) ? { trunk } : {}),
  };
  await using material = await prepareMaterial(job, set, frozen);
  const { source, pictures } = material;
  const validation = new Validation(pictures);
  const references = validation.references();
  reporter.start({
    ...{ pictures: source.samplesPerEpoch, batches: source.batchesPerEpoch },
    ...{ validation: validation.count, references },
  });
  using network = networkOf(base, cuts, settings.seed);
  const record = new RunRecord(folder, references, Date.now);
  const parts = partsOf(job, base, set, trunk);
  const { history, weights } = await trainNetwork(
    {
      ...{ network, source, validation, settings, dir: folder.dir, signal: job.signal, checkpointEveryMs },
      ...classesFor(base, set, settings),
      now: () => performance.now(),
      onStep: (progress) => reporter.step(progress),
      onEpoch: async (report, all) => {
        reporter.epoch(report);
        const examples = validation.examples(network, settings.objective.temperature, sheetPictures);
        await record.add(report, all, examples);
        if (report.isBest) await exportModel(folder.model, parts, network.exportWeights(), report);
      },
    },
    fingerprintOf({ ...describeRun(job), features: describeFeatures(job, set, frozen) }),
  );
  await calibrateModel(job, { base, parts, validation, weights, history });
  return history;
}

/** Writes the best model again, as lively as the pictures set aside. */
async function calibrateModel(
  { folder, settings, reporter, part, signal }: ModelJob,
  made: {
    readonly base: BaseModel;
    readonly parts: ModelParts;
    readonly validation: Validation;
    readonly weights: ReadonlyMap<string, NamedWeight>;
    readonly history: readonly EpochReport[];
  },
): Promise<void> {
  const { base, parts, validation, weights } = made;
  const { bins } = base;
  const { head } = parts;
  const best = made.history.findLast(({ isBest }) => isBest);
  if (bins === undefined || head.kind !== 'classification' || best === undefined) return;
  if (settings.objective.kind !== 'rebalanced') return;
  const finished = { ...base, weights: (name: string) => requireValue(weights, name).data };
  using network = networkOf(finished, cutsOf(base.spec, part), settings.seed);
  const trained = { temperature: head.temperature, fade: head.fade ?? 0 };
  const result = await calibrate(network, bins, validation, trained, {
    signal,
    onProgress: (done, total) => reporter.calibrating(done, total),
  });
  reporter.calibrated(result);
  const { temperature, fade, raise, scores } = result;
  const calibrated = { ...parts, head: { ...head, temperature, fade: fade === 0 ? undefined : fade } };
  await exportModel(folder.model, calibrated, raised(weights, bins, raise), { ...best, scores });
}

function networkOf(
  { spec, weights, bins, embedding }: BaseModel,
  cuts: readonly string[],
  seed: number,
): TrainableNetwork {
  const plan = { spec, cuts, embeddingSize: embedding.size, hasNorm: weights === undefined };
  const initial = (name: string): Float32Array | undefined => (name === 'head.bins' ? bins : weights?.(name));
  return new TrainableNetwork(plan, initial, seed);
}

function classesFor(
  { bins }: BaseModel,
  { manifest }: OpenDataset,
  { objective }: RunSettings,
): { classes?: ReturnType<typeof classesOf> } {
  if (bins === undefined || objective.kind === 'mse') return {};
  return { classes: classesOf(bins, manifest.prior, objective.lambda) };
}

function partsOf(job: ModelJob, base: BaseModel, set: OpenDataset, trunk: ModelParts['trunk']): ModelParts {
  const { name, version, provenance, settings } = job;
  return {
    ...{ name, version, provenance, from: job.base, trunk },
    base: { ...base, embedding: trainedEmbedding(base.embedding, settings.embeddingDropout) },
    shortSidePx: set.manifest.settings.shortSidePx,
    head: judgedHead(base.head, settings.objective),
  };
}
