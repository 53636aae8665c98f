import { resolve } from 'node:path';
import { AppError, exitCodes } from '../errors.ts';
import { loadModel, type Model } from '../model/model.ts';
import { openTensorflow } from '../model/tfjs/backend.ts';
import { trainsTrunk } from '../train/features/cuts.ts';
import { requireBetter, trainCamera } from '../train/camera/train-camera.ts';
import { describeCamera } from './camera-report.ts';
import { cameraDefaults } from './train-defaults.ts';
import { settingsOf, type TrainOptions } from './train.ts';
import { TrainReporter } from './train-reporter.ts';

/** What `chromafeed train --camera` takes besides. */
export interface CameraOptions extends TrainOptions {
  readonly camera: string;
  readonly frames: number;
  readonly heldOut: number;
}

/** Where a camera's model goes when nothing else is said: a folder that a live config can name. */
const usualFolder = 'camera-models';

/**
 * Makes a model of one fixed camera from its own footage.
 * @returns exit code
 * @throws {AppError} MODEL_MISMATCH when it is not better than the model before, and so was not installed
 */
export async function runTrainCamera(
  films: readonly string[],
  given: CameraOptions,
  signal: AbortSignal,
): Promise<number> {
  const options = { ...cameraDefaults, ...given };
  const name = checkName(options.camera);
  const output = resolve(options.output ?? `${usualFolder}/${name}`);
  const base = await loadModel(options.from);
  requireSuited(options, base);
  const reporter = new TrainReporter(options);
  reporter.backend(await openTensorflow(options.backend, { threads: options.threads }));
  const result = await trainCamera({
    ...{ name, films, output, signal, reporter, settings: settingsOf(options, base), part: options.train },
    ...{ base, frames: options.frames, heldOut: options.heldOut },
    ...{ views: options.views, batchSize: options.batchSize, licence: options.licence },
  }).finally(() => reporter.end());
  reporter.camera(describeCamera(result.table), result.table);
  reporter.notice(`${result.sheet}: held-out pictures before, with the camera's model, and in truth.`);
  requireBetter(name, result);
  reporter.notice(
    `${output}: the model of ${name}, ${(result.bytes / 1e6).toFixed(1)} MB. In the live config: model: ${output}`,
  );
  return exitCodes.ok;
}

/** @throws {AppError} USAGE when an option is for a general model alone */
function requireSuited({ train, often }: CameraOptions, { manifest }: Model): void {
  if (often.length > 0)
    throw new AppError('USAGE', '--camera: expected no --often, which is for a set of many places', {
      cure: 'leave --often away',
    });
  if (train === 'trunk' || trainsTrunk(manifest, train))
    throw new AppError('USAGE', `--camera: expected decoder or head as the part to train but got ${train}`, {
      cure: 'leave --train away: a few hundred pictures of one place say too little about a trunk',
    });
}

function checkName(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) return name;
  throw new AppError(
    'USAGE',
    `--camera: expected lower-case letters, digits, ".", "_", "-" but got "${name}"`,
  );
}
