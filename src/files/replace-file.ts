import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFailure } from './training-write-failure.ts';

/**
 * Writes a file in one step: whoever reads it, or the disk after a crash, has the new one whole or the old one.
 * @param path - of the file; `<path>.new` beside it is used meanwhile
 * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(`${path}.new`, content);
    await rename(`${path}.new`, path);
  } catch (error) {
    throw writeFailure(dirname(path), error);
  }
}
