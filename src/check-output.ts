/** Looks at where results will go before any work is done: an hour's work must not end at a file that can't be written. */
import { existsSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from './errors.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Refuses to replace what exists unasked, and the input itself in any case.
 * @throws {AppError} OUTPUT_EXISTS, USAGE
 */
export function checkReplacing(wish: {
  readonly input: string;
  readonly output: string;
  readonly overwrite?: boolean | undefined;
}): void {
  if (existsSync(wish.input) && resolve(wish.input) === resolve(wish.output)) {
    throw new AppError('USAGE', `${wish.output} is the input itself`, { cure: 'name another output by -o' });
  }
  if (existsSync(wish.output) && wish.overwrite !== true) {
    throw new AppError('OUTPUT_EXISTS', `${wish.output} exists`, {
      cure: 'add -y to replace it, or name another by -o',
    });
  }
}

/**
 * Makes the folder of each file, and proves that the file can be written there.
 * @param paths - of files to come; those that were not asked for are undefined
 * @throws {AppError} OUTPUT_UNWRITABLE
 */
export async function prepareFolders(...paths: readonly (string | undefined)[]): Promise<void> {
  for (const path of paths) if (path !== undefined) await prepareFolder(path);
}

async function prepareFolder(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(folder, error);
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw unwritable(path, new Error('it is a folder'));
}

/** OUTPUT_UNWRITABLE with what the system said. */
export function unwritable(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('OUTPUT_UNWRITABLE', `${path}: can't be written (${reason})`, {
    cure: 'name another file, or correct the permissions',
    cause,
  });
}
