/** Checks the output paths before any work is done. */
import { access, constants, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { makeFolder } from './make-folder.ts';
import { unwritable } from './write-failure.ts';

/** The cure for a file that cannot be written. */
const anotherFile = 'name another file, or correct the permissions';

const shorterName = 'choose a shorter name: most disks take 255 bytes, in UTF-8';

/** Output paths by the option that names each; undefined: not requested; `-`: a standard stream. */
export type Outputs = Readonly<Record<string, string | undefined>>;

/**
 * Refuses outputs that would replace an input or each other, existing files unless replacing was requested, and in
 * any case anything that is not a file (a pipe, a device).
 * @param inputs - files that are read
 * @throws {AppError} OUTPUT_EXISTS, USAGE
 */
export async function checkReplacing({
  inputs,
  outputs,
  overwrite,
}: {
  readonly inputs: readonly string[];
  readonly outputs: Outputs;
  readonly overwrite?: boolean | undefined;
}): Promise<void> {
  const taken = new Map<string, string>();
  for (const input of inputs) for (const name of await identities(input)) taken.set(name, 'the input itself');
  for (const [option, path] of Object.entries(outputs)) {
    if (path === undefined || path === '-') continue;
    for (const name of await identities(path)) {
      const other = taken.get(name);
      if (other !== undefined)
        throw new AppError('USAGE', `${path} is ${other}`, { cure: `name another file with ${option}` });
      taken.set(name, `the output of ${option}`);
    }
    await checkPresent(option, path, overwrite === true);
  }
}

async function checkPresent(option: string, path: string, mayReplace: boolean): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return; // a folder gets its own error
  if (!found.isFile()) {
    throw new AppError('USAGE', `${option} ${path}: expected a file but it is a pipe or a device`, {
      cure: 'name a file, or - for standard output',
    });
  }
  if (!mayReplace) {
    throw new AppError('OUTPUT_EXISTS', `${path} exists`, {
      cure: `add -y to replace it, or name another with ${option}`,
    });
  }
}

/** Identifies a file: its path without links, and the existing file, whatever other names it has. */
async function identities(path: string): Promise<string[]> {
  const folder = await realpath(dirname(resolve(path))).catch(() => dirname(resolve(path)));
  const found = await stat(path).catch(() => undefined);
  const name = `path ${join(folder, basename(path))}`;
  return found === undefined ? [name] : [name, `file ${found.dev} ${found.ino}`];
}

/**
 * Makes the folder of each file, and checks that the file can be written there.
 * @param paths - of future files; undefined: not requested; `-`: a standard stream
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
  const found = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') throw unwritable(path, error, shorterName);
    return undefined;
  });
  if (found?.isDirectory() === true) throw unwritable(path, new Error('it is a folder'), anotherFile);
}
