import { rename, writeFile } from 'node:fs/promises';

/**
 * Writes a file in one step: whoever reads it, or the disk after a crash, has the new one whole or the old one.
 * @param path - of the file; `<path>.new` beside it is used meanwhile
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
