import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFailure, type WriteAdvice } from './write-failure.ts';

/**
 * Writes a small file in one step: a reader finds either the complete new file or the old one, even after a crash. If
 * a link is in its place, the link is replaced and not followed.
 * @param path - of the file; `<path>.new` next to it is used temporarily
 * @param advice - for the message when it fails
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

/** Writes a new file and flushes it to disk. */
async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(content);
  await file.sync();
}
