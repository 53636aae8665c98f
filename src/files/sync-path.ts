import { open } from 'node:fs/promises';

/** Flushes a path to disk: the content of a file, or the entries of a folder. */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
