import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Checks that a run may write into a folder: it is missing or empty, or it holds a run.
 * @throws {AppError} OUTPUT_EXISTS if it holds other files, such as photos
 */
export async function requireRunFolder({ dir, settings }: RunFolder): Promise<void> {
  if (!existsSync(dir) || existsSync(settings)) return;
  const [foreign] = await readdir(dir).catch(() => ['something that is not a folder']);
  if (foreign === undefined) return;
  throw new AppError(
    'OUTPUT_EXISTS',
    `${dir}: expected a new or empty folder, or the folder of a run, but it holds ${foreign}`,
    { cure: 'name another folder with -o, such as runs/first' },
  );
}
