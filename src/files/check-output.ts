/** Checks where results will go before any work is done. */
import { existsSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { makeFolder } from './make-folder.ts';
import { unwritable } from './write-failure.ts';

/** What to do about a file that can't be written. */
export const anotherFile = 'name another file, or correct the permissions';

/**
 * Refuses to replace an output that exists, unless that was asked for, and the input in any case. `-`, a standard
 * stream, replaces nothing.
 * @throws {AppError} OUTPUT_EXISTS, USAGE
 */
export function checkReplacing({
  input,
  output,
  overwrite,
}: {
  /** undefined: the input is no file */
  readonly input: string | undefined;
  readonly output: string;
  readonly overwrite?: boolean | undefined;
}): void {
  if (output === '-') return;
  if (input !== undefined && existsSync(input) && resolve(input) === resolve(output)) {
    throw new AppError('USAGE', `${output} is the input itself`, { cure: 'name another output by -o' });
  }
  if (existsSync(output) && overwrite !== true) {
    throw new AppError('OUTPUT_EXISTS', `${output} exists`, {
      cure: 'add -y to replace it, or name another by -o',
    });
  }
}

/**
 * Makes the folder of each file, and proves that the file can be written there.
 * @param paths - of files to come; undefined: not asked for; `-`: a standard stream
 * @throws {AppError} OUTPUT_UNWRITABLE
 */
export async function prepareFolders(...paths: readonly (string | undefined)[]): Promise<void> {
  for (const path of paths) if (path !== undefined && path !== '-') await prepareFolder(path);
}

async function prepareFolder(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(folder, error, anotherFile);
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw unwritable(path, new Error('it is a folder'), anotherFile);
}
