import { bundledEmbedding } from '../../model/embedding/embedding-file.ts';
import { sharesTrunk } from '../../model/tables/network.ts';
import { lumaInput } from '../../model/tables/nodes.ts';
import type { ChecksummedFile } from '../../model/weights/weights.ts';
import { fingerprintOf } from '../../files/fingerprint.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { openDataset, type Dataset } from '../dataset/dataset.ts';
import { findScenes, type SceneLabels } from '../dataset/scene-labels.ts';
import { cutsOf } from '../features/cuts.ts';
import type { FrozenSetup } from '../features/feature-worker.ts';
import type { ColourClasses } from '../learn/terms/colour-term.ts';
import type { TrainingJob } from '../learn/train-network.ts';
import { Validation } from '../learn/validation.ts';
import { chooseBase, type BaseModel } from './base-model.ts';
import { checkCritic, checkFrozen, checkSet } from './check-run.ts';
import { classesFor } from './classes.ts';
import { describeFeatures, describeRun, writeDescription } from './describe-run.ts';
import type { ModelJob } from './model-job.ts';
import { prepareMaterial, type Material } from './prepare-material.ts';
import { requireRunFolder } from './require-run-folder.ts';
import { withFittingBatch } from './with-fitting-batch.ts';

const checkpointEveryMs = 5 * 60_000;

/** What the phases of a training have in common: a network to train, and pictures for it. */
export interface OpenRun extends AsyncDisposable {
  /** as asked, with a batch that fits into memory */
  readonly job: ModelJob;
  readonly dataset: Dataset;
  readonly base: BaseModel;
  /** the bundled embedding network */
  readonly trunk: ChecksummedFile;
  /** where the trained part begins, as `cutsOf` gives them */
  readonly cuts: readonly string[];
  readonly classes: { readonly classes?: ColourClasses };
  /** what the pictures show, if the run learns it */
  readonly scenes: SceneLabels | undefined;
  readonly material: Material;
  readonly validation: Validation;
  /** of everything that the numbers depend on */
  readonly fingerprint: string;
  readonly checkpointEveryMs: number;
}

/** What the trainings of a run have in common. */
export type SharedTraining = Pick<
  TrainingJob,
  'settings' | 'fingerprint' | 'dir' | 'checkpointEveryMs' | 'signal' | 'now' | 'onStep'
>;

/** The settings of a training in a run's own folder, without what learns and from what. */
export function sharedTraining({ job, fingerprint, checkpointEveryMs }: OpenRun): SharedTraining {
  const { settings, folder, reporter, signal } = job;
  return {
    settings,
    fingerprint,
    dir: folder.dir,
    checkpointEveryMs,
    signal,
    now: () => performance.now(),
    onStep: (progress) => reporter.step(progress),
  };
}

/**
 * Opens a run: checks that set, model and settings fit together, describes the run in its folder, and prepares the
 * pictures. The TensorFlow.js backend must be open.
 * @returns what the caller must dispose of
 * @throws {AppError} USAGE, MODEL_MISMATCH, INPUT_UNSUPPORTED if they do not fit together; OUTPUT_EXISTS if the folder
 *   holds another run
 */
export async function openRun(asked: ModelJob): Promise<OpenRun> {
  const { settings, folder, reporter, part } = asked;
  const { objective } = settings;
  await requireRunFolder(folder);

  // Data and network: which pictures, which model, and where the trained part begins.
  const dataset = await openDataset(asked.dataset);
  const trunk = await bundledEmbedding();
  const scenes = (objective.sceneWeight ?? 0) > 0 ? await findScenes(dataset) : undefined;
  const size = { ...asked.size, sceneClasses: scenes?.names.length };
  const { embedding, prior } = dataset.manifest;
  const base = await chooseBase({ ...asked, size, objective, embedding }, prior, trunk);
  const cuts = cutsOf(base.spec, part);
  checkSet(dataset, base);
  if (asked.critic !== undefined) checkCritic(dataset, asked.critic.size);
  checkFrozen(base.spec, cuts, asked.base);
  const classes = classesFor(base, dataset.manifest.prior, objective);

  // Memory: WebAssembly has 4 GB, so a batch that does not fit is made smaller, or refused.
  const job = await withFittingBatch(asked, { base, cuts, dataset, ...classes });

  // The run's folder describes the run; another run cannot use it.
  await makeFolder(folder.dir);
  await writeDescription(folder, describeRun(job));

  // Features: the frozen part is computed once, and its results are kept on disk.
  const setup = frozenSetup(job, base, trunk);
  const material = await prepareMaterial(job, dataset, { setup, scenes });
  const { source } = material;
  const validation = new Validation(material.pictures);
  const references = validation.references();
  reporter.start({
    pictures: source.samplesPerEpoch,
    batches: source.batchesPerEpoch,
    validation: validation.count,
    references,
  });
  const features = describeFeatures(job, dataset, setup);
  return {
    job,
    dataset,
    base,
    trunk,
    cuts,
    classes,
    scenes,
    material,
    validation,
    fingerprint: fingerprintOf({ ...describeRun(job), features }),
    checkpointEveryMs,
    [Symbol.asyncDispose]: () => material[Symbol.asyncDispose](),
  };
}

function frozenSetup(job: ModelJob, { spec }: BaseModel, trunk: ChecksummedFile): FrozenSetup {
  const cuts = cutsOf(spec, job.part);
  const keepsLuma = seesPictures(job) && !cuts.includes(lumaInput) ? { keepsLuma: true } : {};
  const setup = { spec, cuts, weights: job.base.weights, ...keepsLuma };
  return sharesTrunk(spec) ? { ...setup, trunk } : setup;
}

/** Whether something in a run looks at whole pictures and not only at their colours. */
function seesPictures({ settings: { objective }, critic }: ModelJob): boolean {
  return critic !== undefined || (objective.perceptualWeight ?? 0) > 0;
}
