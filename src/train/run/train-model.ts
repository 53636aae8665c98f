import { bundledEmbedding } from '../../model/embedding/embedding-file.ts';
import { sharesTrunk } from '../../model/tables/network.ts';
import { fingerprintOf } from '../../files/fingerprint.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { openDataset, type Dataset } from '../dataset/dataset.ts';
import { cutsOf } from '../features/cuts.ts';
import type { FrozenSetup } from '../features/feature-worker.ts';
import { trainedEmbedding } from '../learn/embedding-dropout.ts';
import type { EpochReport } from '../learn/run-state.ts';
import { trainNetwork } from '../learn/train-network.ts';
import { Validation } from '../learn/validation.ts';
import { chooseBase, networkOf, type BaseModel } from './base-model.ts';
import { calibrateModel } from './calibrate-model.ts';
import { checkFrozen, checkSet } from './check-run.ts';
import { classesFor } from './classes.ts';
import { describeFeatures, describeRun, writeDescription } from './describe-run.ts';
import { exportModel, judgedHead, type ModelParts } from './export-model.ts';
import type { ModelJob } from './model-job.ts';
import { requireRunFolder } from './require-run-folder.ts';
import { withFittingBatch } from './with-fitting-batch.ts';
import { prepareMaterial } from './prepare-material.ts';
import { RunRecord } from './record/run-record.ts';

const checkpointEveryMs = 5 * 60_000;
/** Rows of a sample sheet. */
const sheetPictures = 8;

/**
 * Trains a model on a set; this function is the recipe. The features of the frozen part come first, then the epochs. An
 * interrupted run resumes when it is called again. The TensorFlow.js backend must be open.
 * @returns the result of each epoch
 * @throws {AppError} USAGE, MODEL_MISMATCH, INPUT_UNSUPPORTED if set, model and settings do not fit together;
 *   OUTPUT_EXISTS if the folder holds another run; as `trainNetwork`
 */
export async function trainModel(asked: ModelJob): Promise<readonly EpochReport[]> {
  const { settings, folder, reporter, part, signal } = asked;
  await requireRunFolder(folder);

  // Data and network: which pictures, which model, and where the trained part begins.
  const dataset = await openDataset(asked.dataset);
  const trunk = await bundledEmbedding();
  const base = await chooseBase({ ...asked, objective: settings.objective }, dataset.manifest.prior, trunk);
  const cuts = cutsOf(base.spec, part);
  checkSet(dataset, base);
  checkFrozen(base.spec, cuts, asked.base);
  const classes = classesFor(base, dataset.manifest.prior, settings.objective);

  // Memory: WebAssembly has 4 GB, so a batch that does not fit is made smaller, or refused.
  const job = await withFittingBatch(asked, { base, cuts, dataset, ...classes });

  // The run's folder describes the run; another run cannot use it.
  await makeFolder(folder.dir);
  await writeDescription(folder, describeRun(job));

  // Features: the frozen part is computed once, and its results are kept on disk.
  const frozen = frozenSetup(job, base, trunk);
  await using material = await prepareMaterial(job, dataset, frozen);
  const { source } = material;
  const validation = new Validation(material.pictures);
  const references = validation.references();
  reporter.start({
    pictures: source.samplesPerEpoch,
    batches: source.batchesPerEpoch,
    validation: validation.count,
    references,
  });

  using network = networkOf(base, cuts, settings.seed);

  // Loop: the steps of an epoch, then its judgement, then a checkpoint. The best model so far is exported.
  const record = new RunRecord(folder, references, Date.now);
  const parts = partsOf(job, dataset, { base, trunk });
  const { history, weights } = await trainNetwork({
    network,
    source,
    validation,
    ...classes,
    settings,
    fingerprint: fingerprintOf({ ...describeRun(job), features: describeFeatures(job, dataset, frozen) }),
    dir: folder.dir,
    checkpointEveryMs,
    signal,
    now: () => performance.now(),
    onStep: (progress) => reporter.step(progress),
    onEpoch: async (report, all) => {
      reporter.epoch(report);
      const examples = validation.examples(network, settings.objective.temperature, sheetPictures);
      await record.add(report, all, examples);
      if (report.isBest) await exportModel(folder.model, parts, { trained: network.exportWeights(), report });
    },
  });

  // Export: the best weights again, calibrated to be as lively as the held-out pictures.
  await calibrateModel(job, { base, parts, validation, weights, history });
  return history;
}

function frozenSetup(job: ModelJob, { spec }: BaseModel, trunk: ModelParts['trunk']): FrozenSetup {
  const cuts = cutsOf(spec, job.part);
  const setup = { spec, cuts, weights: job.base.weights };
  return sharesTrunk(spec) ? { ...setup, trunk } : setup;
}

function partsOf(
  job: ModelJob,
  set: Dataset,
  { base, trunk }: Pick<ModelParts, 'base' | 'trunk'>,
): ModelParts {
  const { name, version, provenance, settings } = job;
  return {
    name,
    version,
    provenance,
    from: job.base,
    trunk,
    base: { ...base, embedding: trainedEmbedding(base.embedding, settings.embeddingDropout) },
    shortSidePx: set.manifest.settings.shortSidePx,
    head: judgedHead(base.head, settings.objective),
  };
}
