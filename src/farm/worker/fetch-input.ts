import { stat } from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import { sha256File } from '../../files/fingerprint.ts';
import type { ReelJob } from '../jobs/reel-job.ts';
import { localPath, locationText } from '../storage/location.ts';
import type { InputCache } from '../storage/input-cache.ts';
import type { Storages } from '../storage/storages.ts';

/**
 * Makes the film of a job readable on this machine, and checks that it is still the one that was submitted.
 * @returns its path; disposal says that it is no longer needed
 * @throws {AppError} INPUT_MISSING, CONFIG_INVALID, STORAGE_UNAVAILABLE
 */
export async function fetchInput(
  { at, bytes, content, modifiedMs }: ReelJob['input'],
  { storages, cache }: { readonly storages: Storages; readonly cache: InputCache },
): Promise<{ path: string } & Disposable> {
  if (at.kind === 'object') {
    const { bucket, key } = at;
    return cache.fetch(storages.objects, { bucket, key, bytes, etag: content.replace(/^etag:/, '') });
  }
  const path = localPath(at, storages.config.roots);
  const found = await stat(path).catch((error: unknown) => {
    throw new AppError(
      'INPUT_MISSING',
      `${path}: can't be read on this machine (${(error as Error).message})`,
      {
        cure: 'check that the shared folder is mounted here, and at which path (storage.roots)',
        cause: error,
      },
    );
  });
  const isSame =
    found.size === bytes && (found.mtimeMs === modifiedMs || `sha256:${await sha256File(path)}` === content);
  if (isSame) return { path, [Symbol.dispose]: () => undefined };
  throw new AppError(
    'INPUT_MISSING',
    `${locationText(at)}: expected the film that was submitted but it has changed`,
    {
      cure: 'submit it again',
    },
  );
}
