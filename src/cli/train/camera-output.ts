import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { bundledModelDir } from '../../model/bundled-models.ts';
import { userModelsDir } from '../../model/model-folders.ts';

/** The folder that earlier versions wrote to, in the current folder. */
const oldFolder = 'camera-models';

/** Where `train --camera` writes. */
export interface CameraOutput {
  /** the folder of the finished model, absolute */
  readonly dir: string;
  /** what `--model` and the live config take */
  readonly modelName: string;
  /** a sentence about models of an earlier version, if there are any */
  readonly notice?: string;
}

/**
 * Chooses the folder of a camera's model: the user's data folder, where the camera's name finds it, or the folder that
 * the user named.
 * @param name - of the camera
 * @param asked - the value of `--output`
 * @throws {AppError} USAGE if the program comes with a model of this name, which the camera's model would hide
 */
export function cameraOutput(name: string, asked: string | undefined): CameraOutput {
  if (asked !== undefined) {
    const dir = resolve(asked);
    return { dir, modelName: dir };
  }
  if (bundledModelDir(name) !== undefined) throw nameTaken(name);
  const dir = join(userModelsDir(), name);
  const output = { dir, modelName: name };
  return existsSync(oldFolder) ? { ...output, notice: oldModels(dir) } : output;
}

function oldModels(dir: string): string {
  return `${oldFolder}/ in this folder has models of an earlier version: name them by their paths, or move them to ${resolve(dir, '..')}`;
}

function nameTaken(name: string): AppError {
  return new AppError(
    'USAGE',
    `--camera: expected a new name but got ${name}, the name of a model that comes with the program`,
    { cure: 'give the camera another name, or name the folder of its model with -o' },
  );
}
