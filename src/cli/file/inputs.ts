import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { glob } from 'tinyglobby';
import { AppError } from '../../errors.ts';
import { filmExtensions, pictureExtensions } from '../../ingest/film/file-extensions.ts';

/** What an earlier run has made: `reel.color.mp4`. */
const ownResult = /\.color\.[^.]+$/;

/**
 * Files of folders and globs, without what earlier runs have made of them; everything else as it was given.
 * @throws {AppError} INPUT_MISSING when a folder or a glob has none
 */
export async function expandInputs(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const input of inputs) {
    const found = await stat(input).catch(() => undefined);
    if (found?.isDirectory()) files.push(...(await filesOfFolder(input)));
    else if (!found && /[*?[\]{}]/.test(input) && !/%\d*d/.test(input)) {
      files.push(...(await filesOfGlob(input)));
    } else files.push(input);
  }
  return [...new Set(files)];
}

async function filesOfGlob(pattern: string): Promise<string[]> {
  const all = await glob(pattern, { absolute: false });
  const asked = ownResult.test(pattern) ? all : all.filter((name) => !ownResult.test(name));
  if (asked.length > 0) return asked.sort();
  throw new AppError('INPUT_MISSING', `${pattern}: no file fits the pattern`, {
    cure: 'check the pattern and the folder',
  });
}

async function filesOfFolder(folder: string): Promise<string[]> {
  const all = await glob('*', { cwd: folder, onlyFiles: true });
  const own = all.filter(
    (name) =>
      [...filmExtensions, ...pictureExtensions].includes(extname(name).toLowerCase()) &&
      !ownResult.test(name),
  );
  if (own.length > 0) return own.sort().map((name) => join(folder, name));
  throw new AppError('INPUT_MISSING', `${folder}: expected films or pictures in the folder but found none`, {
    cure: 'name the files, or numbered pictures by a pattern such as frame_%04d.png',
  });
}
