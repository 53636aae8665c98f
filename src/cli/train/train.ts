import { AppError, exitCodes } from '../../errors.ts';
import { loadModel, type Model } from '../../model/model.ts';
import type { Architecture } from '../../model/tables/network.ts';
import { openTensorflow, type BackendChoice } from '../../model/tfjs/backend.ts';
import { trainsTrunk } from '../../train/features/cuts.ts';
import type { TrainablePart } from '../../train/features/trainable-part.ts';
import type { RunSettings } from '../../train/learn/train-network.ts';
import type { Often } from '../../train/run/often.ts';
import { runFolder } from '../../train/run/run-folder.ts';
import { trainModel } from '../../train/run/train-model.ts';
import { generalDefaults } from './train-defaults.ts';
import { checkName, checkText } from './train-names.ts';
import { TrainReporter } from './train-reporter.ts';

/** The options of `chromafeed train`, as parsed. */
export interface TrainOptions {
  readonly output?: string;
  readonly from: string;
  readonly fresh?: boolean;
  readonly architecture?: Architecture;
  readonly train: TrainablePart;
  readonly objective: RunSettings['objective']['kind'];
  readonly lambda: number;
  readonly meanWeight: number;
  readonly temperature?: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule: 'plateau' | 'cosine';
  readonly warmUp: number;
  readonly patience: number;
  readonly stopAfter: number;
  readonly clip: number;
  readonly average: number;
  readonly embeddingDropout: number;
  readonly views: number;
  readonly augment: number;
  readonly often: readonly Often[];
  readonly validationPictures: number;
  readonly features?: string;
  readonly backend: BackendChoice;
  readonly threads?: number;
  readonly seed: number;
  readonly name: string;
  readonly modelVersion: number;
  readonly trainedOn: string;
  readonly licence: string;
  readonly json?: boolean;
}

/**
 * Trains a model on a set that `chromafeed dataset` made.
 * @returns exit code
 */
export async function runTrain(
  inputs: readonly string[],
  given: TrainOptions,
  signal: AbortSignal,
): Promise<number> {
  const options = { ...generalDefaults, ...given };
  const [dataset, ...others] = inputs;
  if (dataset === undefined || others.length > 0) throw oneSet(inputs.length);
  if (options.output === undefined) throw noOutput();
  if (options.train === 'all' && options.often.length > 0) throw oftenOfAll();
  const name = checkName('--name', options.name);
  const trainedOn = checkText('--trained-on', options.trainedOn);
  const licence = checkText('--licence', options.licence);
  const reporter = new TrainReporter(options);
  const backend = await openTensorflow(options.backend, { threads: options.threads });
  reporter.backend(backend);
  const base = await loadModel(options.from);
  if (backend.name === 'wasm') requireFrozenTrunk(options, base);
  const folder = runFolder(options.output, options.features);
  try {
    await trainModel({
      ...{ dataset, folder, signal, reporter, settings: settingsOf(options, base) },
      ...{ base, isFresh: options.fresh === true, part: options.train },
      ...(options.architecture === undefined ? {} : { architecture: options.architecture }),
      ...{ views: options.views, augment: options.augment, often: options.often },
      ...{ batchSize: options.batchSize, validationPictures: options.validationPictures },
      ...{ name, version: options.modelVersion },
      provenance: {
        description: describeOrigin(base, options.fresh === true),
        ...{ trainedOn, licence },
        date: new Date().toISOString().slice(0, 10),
      },
    });
  } finally {
    reporter.end();
  }
  reporter.notice(`The best model is in ${folder.model}: use it with --model ${folder.model}`);
  return exitCodes.ok;
}

/** Names, not folders: where a model lay says nothing to who gets the new one. */
function describeOrigin({ manifest: { name, version } }: Model, isFresh: boolean): string {
  return `trained by chromafeed train${isFresh ? '' : `, from ${name} version ${version}`}`;
}

function oneSet(got: number): AppError {
  return new AppError('USAGE', `train: expected the folder of one set but got ${got}`, {
    cure: 'join pictures to one set with `chromafeed dataset`, or say --camera NAME for footage of a camera',
  });
}

/**
 * WebAssembly's kernels lack the gradient of an average pool; and it would take days.
 * @throws {AppError} USAGE when layers of a trunk are to be trained
 */
function requireFrozenTrunk({ train, architecture }: TrainOptions, { manifest }: Model): void {
  if (!trainsTrunk({ architecture: architecture ?? manifest.architecture }, train)) return;
  throw new AppError('USAGE', `--train ${train}: expected TensorFlow's own library but got WebAssembly`, {
    cure: 'install it with `./run tensorflow` (docs/tensorflow.md), or use --train decoder',
  });
}

/** Where nothing is frozen, each picture is seen once an epoch. */
function oftenOfAll(): AppError {
  return new AppError(
    'USAGE',
    '--often: expected a part to train of which views are kept but got --train all',
    {
      cure: 'leave --often away, or train less: --train decoder',
    },
  );
}

function noOutput(): AppError {
  return new AppError('USAGE', 'train: expected a folder for the run but got none', {
    cure: 'name it with --output',
  });
}

/** Zhang's, where no model says another. */
const usualTemperature = 0.38;

/**
 * The settings of a run that the options say.
 * @param base - the model that it starts from
 */
export function settingsOf(options: TrainOptions, { manifest: { head } }: Model): RunSettings {
  const { seed, epochs, lambda, meanWeight, schedule, patience, stopAfter } = options;
  const own = head.kind === 'classification' ? head.temperature : usualTemperature;
  const temperature = options.temperature ?? own;
  return {
    ...{ seed, epochs, stopAfter },
    objective: { kind: options.objective, lambda, meanWeight, temperature },
    learningRate: { base: options.learningRate, schedule, warmUpSteps: options.warmUp, patience },
    ...{ clipNorm: options.clip, averageDecay: options.average, embeddingDropout: options.embeddingDropout },
  };
}
