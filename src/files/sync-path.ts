import { open } from 'node:fs/promises';

/** Has the disk keep what was written: of a file its content, of a folder its names. */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
