import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFailure, type WriteAdvice } from './write-failure.ts';

/**
 * Writes a small file in one step: whoever reads it, even after a crash, finds the new one whole or the old one.
 * A link in its place is replaced, not followed.
 * @param path - of the file; `<path>.new` beside it is used meanwhile
 * @param advice - what a user is told when it fails
 * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  advice?: WriteAdvice,
): Promise<void> {
  const partial = `${path}.new`;
  try {
    await rm(partial, { force: true });
    await writeSynced(partial, content);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined); // the first error says more
    throw writeFailure(dirname(path), error, advice);
  }
}

/** Writes a new file and has the disk keep it. */
async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(content);
  await file.sync();
}
