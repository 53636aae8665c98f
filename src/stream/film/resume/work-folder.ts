/** The folder of unfinished work. Only files of this program are used or deleted, and by one run at a time. */
import { lstat, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../errors.ts';
import { fingerprintOf } from '../../../files/fingerprint.ts';
import { lockFile } from '../../../files/lock-file.ts';
import { makeFolder } from '../../../files/make-folder.ts';
import { writeFailure } from '../../../files/write-failure.ts';

/** All files that this program writes into such a folder. */
const ownName =
  /^(journal\.jsonl|part\.json|segment-\d{5}\.nut|(checkpoint-\d{5}|conclusion)\.(json|bin)|film\.(mp4|mkv|mov|webm)|cover-\d+\.[a-z]{3,4})(\.new)?$|^lock(\.[\w-]+)?$/;
const lockName = 'lock';

/** A work folder that belongs to this run until it is disposed of. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string;
  /** Deletes the folder, but only its own files. */
  remove(): Promise<void>;
}

/**
 * Makes a work folder or reuses an existing one, and locks it.
 * @param path - of the folder; a link is refused
 * @param also - another name that the folder may contain: the finished film of an older version
 * @throws {AppError} OUTPUT_EXISTS when the folder contains anything that this program did not make, belongs to
 *   someone else or is in use; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function openWorkFolder(path: string, also?: string): Promise<WorkFolder> {
  await makeOwn(path);
  await checkOwner(path);
  await checkContent(path, also);
  const lock = await lockFile(join(path, lockName), path);
  return {
    path,
    remove: async () => {
      for (const name of await readdir(path))
        if (name !== lockName && isOwn(name, also)) await rm(join(path, name), { force: true });
      await lock[Symbol.asyncDispose]();
      await rmdir(path).catch((error: unknown) => {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error; // another run took it over, or removed it
      });
    },
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

/** Whether this program gives a file in a work folder this name. */
export function isOwnFile(name: string): boolean {
  return ownName.test(name);
}

async function makeOwn(path: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw writeFailure(path, error, {
      kept: 'nothing was begun',
      cureFull: 'free some space and repeat the command',
      cure: 'choose another folder with -o, or correct its permissions',
    });
  }
}

/**
 * Path of a film's unfinished work: next to its output, with its name. A name that would be too long for the system
 * is shortened.
 */
export function workPath(output: string): string {
  const name = basename(output);
  if (Buffer.byteLength(name) + suffix.length <= longestNameBytes) return `${output}${suffix}`;
  return join(dirname(output), `${fingerprintOf(name).slice(0, 32)}${suffix}`);
}

const suffix = '.partial';
/** Longest file name on the usual systems. */
const longestNameBytes = 255;

/** Checks that it is the user's own folder, which nobody else may write to. */
async function checkOwner(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) throw notOurs(path, 'it is a link');
  if (!found.isDirectory()) throw notOurs(path, 'it is no folder');
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user) throw notOurs(path, 'it belongs to another user');
  if (user !== undefined && (found.mode & 0o002) !== 0) throw notOurs(path, 'everyone may write into it');
}

async function checkContent(path: string, also: string | undefined): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!isOwn(entry.name, also)) throw notOurs(path, `it holds "${entry.name}"`);
    if (!entry.isFile()) throw notOurs(path, `"${entry.name}" in it is no plain file`);
  }
}

function isOwn(name: string, also: string | undefined): boolean {
  return ownName.test(name) || name === also;
}

function notOurs(path: string, reason: string): AppError {
  return new AppError(
    'OUTPUT_EXISTS',
    `${path}: expected unfinished work of chromafeed, or nothing, but ${reason}`,
    { cure: 'nothing in it was changed: move it away, or name another output with -o' },
  );
}
