import { AppError, exitCodes } from '../../errors.ts';
import { sizeText } from '../../log/amount-text.ts';
import { loadModel, type Model } from '../../model/model.ts';
import { openTensorflow } from '../../model/tfjs/backend.ts';
import { trainsTrunk } from '../../train/features/cuts.ts';
import { requireBetter, trainCamera } from '../../train/camera/train-camera.ts';
import { cameraOutput } from './camera-output.ts';
import { describeCamera } from './camera-report.ts';
import { cameraDefaults } from './train-defaults.ts';
import { checkName, checkText } from './train-names.ts';
import { runSettings } from './requested-settings.ts';
import type { AskedCameraOptions, CameraOptions } from './train-options.ts';
import type { CommandContext } from '../command-context.ts';
import { TrainReporter } from './train-reporter.ts';

/**
 * Trains a model for one fixed camera on its own footage.
 * @returns exit code
 * @throws {AppError} MODEL_MISMATCH if the new model is not better than the previous one; then it is not installed
 */
export async function runTrainCamera(
  films: readonly string[],
  asked: AskedCameraOptions,
  { signal, streams }: CommandContext,
): Promise<number> {
  const options = { ...cameraDefaults, ...asked };
  const name = checkName('--camera', options.camera);
  const licence = checkText('--licence', options.licence);
  const output = cameraOutput(name, options.output);
  const base = await loadModel(options.from);
  requireSuited(options, base);
  const reporter = new TrainReporter(options, streams);
  if (output.notice !== undefined) reporter.notice(output.notice);
  reporter.backend(await openTensorflow(options.backend, { threads: options.threads }));
  const result = await trainCamera({
    name,
    films,
    output: output.dir,
    signal,
    reporter,
    settings: runSettings(options, base),
    part: options.train,
    base,
    frames: options.frames,
    heldOut: options.heldOut,
    views: options.views,
    batchSize: options.batchSize,
    licence,
  }).finally(() => reporter.end());
  reporter.camera(describeCamera(result.table), result.table);
  reporter.notice(
    `${result.sheet}: held-out pictures before, with the camera's model, and in their true colours.`,
  );
  requireBetter(name, result);
  const size = sizeText(result.bytes);
  reporter.notice(`${output.dir}: the model of ${name}, ${size}.`);
  reporter.notice(
    `Use it with --model ${output.modelName}, or in the live config: model: ${output.modelName}`,
  );
  return exitCodes.ok;
}

/** @throws {AppError} USAGE when a camera's model cannot be trained with these options */
function requireSuited({ train, objective, from }: CameraOptions, { manifest }: Model): void {
  if (manifest.sceneModel !== undefined)
    throw new AppError('USAGE', `--from: expected a general model but ${from} is one camera's`, {
      cure: 'leave out --from, or name the model that it was made from',
    });
  if (objective === 'rebalanced')
    throw new AppError('USAGE', `--camera: expected huber or mse as the objective but got ${objective}`, {
      cure: 'leave out --objective: the true colours are known, so the least error is best',
    });
  if (train === 'trunk' || trainsTrunk(manifest, train))
    throw new AppError('USAGE', `--camera: expected decoder or head as the part to train but got ${train}`, {
      cure: 'leave out --train: a few hundred pictures of one scene are too few to train a trunk',
    });
}
