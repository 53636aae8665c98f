import { AppError, exitCodes } from '../../errors.ts';
import { loadModel, type Model } from '../../model/model.ts';
import { openTensorflow, type BackendName } from '../../model/tfjs/backend.ts';
import { trainsTrunk } from '../../train/features/cuts.ts';
import { explainCrash } from '../../train/run/explain-crash.ts';
import type { ModelJob } from '../../train/run/model-job.ts';
import { trainCritic } from '../../train/run/train-critic.ts';
import { trainModel } from '../../train/run/train-model.ts';
import { runSettings } from './requested-settings.ts';
import type { NamedOptions, TrainOptions } from './train-options.ts';
import { planTraining, type PlannedPhase } from './plan-training.ts';
import { checkName, checkText } from './train-names.ts';
import type { CommandContext } from '../command-context.ts';
import { TrainReporter } from './train-reporter.ts';

/**
 * Trains a model on a set that `chromafeed dataset` made: in one phase, or in the phases of a recipe.
 * @returns exit code
 */
export async function runTrain(
  inputs: readonly string[],
  asked: NamedOptions,
  { signal, streams }: CommandContext,
): Promise<number> {
  const [dataset, ...others] = inputs;
  if (dataset === undefined || others.length > 0) throw oneSet(inputs.length);
  const plan = await planTraining(asked);
  for (const { options } of plan.phases) requireSuited(options);
  const [{ options: first }] = plan.phases;
  const reporter = new TrainReporter(first, streams);
  const backend = await openTensorflow(first.backend, { threads: first.threads });
  reporter.backend(backend);
  try {
    for (const phase of plan.phases) {
      if (phase.name !== undefined) reporter.part(`Phase ${phase.name}`);
      await runPhase(phase, { dataset, signal, reporter, backend: backend.name, recipe: plan.recipe });
    }
  } catch (error) {
    throw explainCrash(error);
  } finally {
    reporter.end();
  }
  const { model } = plan;
  reporter.notice(`The best model is in ${model}: use it with --model ${model}`);
  return exitCodes.ok;
}

/** What the phases of a run share. */
interface RunContext {
  readonly dataset: string;
  readonly signal: AbortSignal;
  readonly reporter: TrainReporter;
  readonly backend: BackendName;
  readonly recipe: string | undefined;
}

async function runPhase(phase: PlannedPhase, context: RunContext): Promise<void> {
  const { options, learns, critic } = phase;
  const { dataset, signal, reporter, backend, recipe } = context;
  const base = await loadModel(options.from);
  if (backend === 'wasm') requireFrozenTrunk(options, base);
  const isFresh = options.fresh === true;
  const { architecture, backbone, classes, width, attention, grow, epochBatches } = options;
  const size = { width, hasAttention: attention === true ? true : undefined };
  const job: ModelJob = {
    dataset,
    folder: phase.folder,
    signal,
    reporter,
    settings: runSettings(options, base),
    base,
    isFresh,
    part: options.train,
    ...(architecture === undefined ? {} : { architecture }),
    ...(isFresh ? { size } : {}),
    ...(isFresh && backbone !== undefined ? { backbone } : {}),
    ...(classes === undefined ? {} : { classes }),
    ...(grow === undefined ? {} : { grow }),
    ...(epochBatches === undefined ? {} : { epochBatches }),
    views: options.views,
    augment: options.augment,
    viewWeights: options.often,
    batchSize: options.batchSize,
    isBatchFixed: options.isBatchFixed,
    validationPictures: options.validationPictures,
    name: options.name,
    version: options.modelVersion,
    provenance: {
      description: describeOrigin(base, isFresh, recipe),
      trainedOn: options.trainedOn,
      licence: options.licence,
      date: new Date().toISOString().slice(0, 10),
    },
  };
  if (critic === undefined) await trainModel(job);
  else if (learns === 'critic') await trainCritic({ ...job, critic });
  else await trainModel({ ...job, critic });
}

/** Checks options that do not depend on a model, before the work starts. */
function requireSuited({ train, often, name, trainedOn, licence }: TrainOptions): void {
  if (train === 'all' && often.length > 0) throw viewWeightsOfAll();
  checkName('--name', name);
  checkText('--trained-on', trainedOn);
  checkText('--licence', licence);
}

/** Uses names, not folders, because the folder of a model means nothing to another user. */
function describeOrigin(
  { manifest: { name, version } }: Model,
  isFresh: boolean,
  recipe: string | undefined,
): string {
  const by = `trained by chromafeed train${recipe === undefined ? '' : `, recipe ${recipe}`}`;
  return isFresh ? by : `${by}, from ${name} version ${version}`;
}

function oneSet(got: number): AppError {
  return new AppError('USAGE', `train: expected the folder of one set but got ${got}`, {
    cure: 'join pictures to one set with `chromafeed dataset`, or use --camera NAME for footage of a camera',
  });
}

/**
 * WebAssembly's kernels lack the gradient of an average pool, and training would take days.
 * @throws {AppError} USAGE if layers of a trunk would be trained
 */
function requireFrozenTrunk({ train, architecture }: TrainOptions, { manifest }: Model): void {
  if (!trainsTrunk({ architecture: architecture ?? manifest.architecture }, train)) return;
  throw new AppError('USAGE', `--train ${train}: expected TensorFlow's own library but got WebAssembly`, {
    cure: 'install it with `./run tensorflow` (docs/tensorflow.md), or use --train decoder',
  });
}

/** With `--train all` the network sees each picture once per epoch. */
function viewWeightsOfAll(): AppError {
  return new AppError(
    'USAGE',
    '--often: expected --train decoder, head or trunk, whose views are stored, but got --train all',
    {
      cure: 'leave out --often, or train less: --train decoder',
    },
  );
}
