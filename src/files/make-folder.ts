import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and its missing parents.
 * Node's own `mkdir` with `recursive` never returns if a system answers ENOENT although the parent folder exists, as
 * Linux does under /proc.
 * @throws the system's error when it cannot be made, or something else is in its place
 */
export async function makeFolder(path: string): Promise<void> {
  const fault = await make(path);
  if (fault === undefined) return;
  if (fault.code !== 'ENOENT' || dirname(path) === path) throw fault;
  await makeFolder(dirname(path));
  const again = await make(path);
  if (again !== undefined) throw again;
}

/** Returns without an error when the folder exists now. */
async function make(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path);
  } catch (error) {
    const isThere = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isThere ? undefined : (error as NodeJS.ErrnoException);
  }
  return undefined;
}
