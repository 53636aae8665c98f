import { readdir, readFile, rename } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { parseManifest } from '../../model/manifest.ts';

const manifestFile = 'model.json';

/**
 * Checks that a folder is free for a camera's model: missing, empty, or holding a camera's model and nothing else.
 * @throws {AppError} OUTPUT_EXISTS
 */
export async function requireReplaceable(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const found = await readdir(dir).catch(() => ['something that is not a folder']);
  const ours = found.includes(manifestFile) ? await cameraModelFiles(dir) : [];
  const foreign = found.find((name) => !ours.includes(name));
  if (foreign === undefined) return;
  throw new AppError(
    'OUTPUT_EXISTS',
    `${dir}: expected a new or empty folder, or a camera's model to replace, but it holds ${foreign}`,
    { cure: 'name another folder with -o, or move away what is there' },
  );
}

/**
 * Moves a finished model to its folder and replaces an older one.
 * @param from - the new model's folder, on the same disk as `to`; the older model goes to `<from>.before`, which the
 *   caller removes
 */
export async function installModel(from: string, to: string): Promise<void> {
  const before = `${from}.before`;
  if (existsSync(to)) await rename(to, before);
  try {
    await rename(from, to);
  } catch (error) {
    if (existsSync(before)) await rename(before, to);
    throw error;
  }
}

/**
 * @returns empty if it is not the model of a camera
 */
async function cameraModelFiles(dir: string): Promise<readonly string[]> {
  const path = join(dir, manifestFile);
  try {
    const { sceneModel, weights } = parseManifest(await readFile(path, 'utf8'), path);
    return sceneModel === undefined ? [] : [manifestFile, weights.file];
  } catch {
    return []; // it is not one of our models, so it is not replaced
  }
}
