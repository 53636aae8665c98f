import { AppError, exitCodes } from '../../errors.ts';
import { loadModel, type Model } from '../../model/model.ts';
import { openTensorflow } from '../../model/tfjs/backend.ts';
import { trainsTrunk } from '../../train/features/cuts.ts';
import { explainCrash } from '../../train/run/explain-crash.ts';
import { runFolder } from '../../train/run/run-folder.ts';
import { trainModel } from '../../train/run/train-model.ts';
import { runSettings } from './requested-settings.ts';
import type { AskedOptions, TrainOptions } from './train-options.ts';
import { generalDefaults } from './train-defaults.ts';
import { checkName, checkText } from './train-names.ts';
import type { CommandContext } from '../command-context.ts';
import { TrainReporter } from './train-reporter.ts';

/**
 * Trains a model on a set that `chromafeed dataset` made.
 * @returns exit code
 */
export async function runTrain(
  inputs: readonly string[],
  asked: AskedOptions,
  { signal, streams }: CommandContext,
): Promise<number> {
  const options = { ...generalDefaults, ...asked };
  const [dataset, ...others] = inputs;
  if (dataset === undefined || others.length > 0) throw oneSet(inputs.length);
  if (options.output === undefined) throw noOutput();
  if (options.train === 'all' && options.often.length > 0) throw viewWeightsOfAll();
  const name = checkName('--name', options.name);
  const trainedOn = checkText('--trained-on', options.trainedOn);
  const licence = checkText('--licence', options.licence);
  const reporter = new TrainReporter(options, streams);
  const backend = await openTensorflow(options.backend, { threads: options.threads });
  reporter.backend(backend);
  const base = await loadModel(options.from);
  if (backend.name === 'wasm') requireFrozenTrunk(options, base);
  const folder = runFolder(options.output, options.features);
  try {
    await trainModel({
      dataset,
      folder,
      signal,
      reporter,
      settings: runSettings(options, base),
      base,
      isFresh: options.fresh === true,
      part: options.train,
      ...(options.architecture === undefined ? {} : { architecture: options.architecture }),
      views: options.views,
      augment: options.augment,
      viewWeights: options.often,
      batchSize: options.batchSize,
      isBatchFixed: asked.batchSize !== undefined,
      validationPictures: options.validationPictures,
      name,
      version: options.modelVersion,
      provenance: {
        description: describeOrigin(base, options.fresh === true),
        trainedOn,
        licence,
        date: new Date().toISOString().slice(0, 10),
      },
    });
  } catch (error) {
    throw explainCrash(error);
  } finally {
    reporter.end();
  }
  reporter.notice(`The best model is in ${folder.model}: use it with --model ${folder.model}`);
  return exitCodes.ok;
}

/** Uses names, not folders, because the folder of a model means nothing to another user. */
function describeOrigin({ manifest: { name, version } }: Model, isFresh: boolean): string {
  return `trained by chromafeed train${isFresh ? '' : `, from ${name} version ${version}`}`;
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

function noOutput(): AppError {
  return new AppError('USAGE', 'train: expected a folder for the run but got none', {
    cure: 'name it with --output',
  });
}
