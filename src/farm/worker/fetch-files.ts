import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../errors.ts';
import { fingerprintOf, sha256File } from '../../files/fingerprint.ts';
import type { ReelJob, TravellingFile } from '../jobs/reel-job.ts';
import type { OutputStore } from '../storage/output-store.ts';

/**
 * Brings the user's own model and embedding, and the photo of a style, to this machine, and checks them.
 * @param folder - of this machine, for files that came from the storage
 * @returns paths for the options `model`, `embedding` and `style`; absent: the job names a bundled one, or has none
 * @throws {AppError} INPUT_MISSING, STORAGE_UNAVAILABLE
 */
export async function fetchFiles(
  { model, embedding, style }: ReelJob['files'],
  store: OutputStore,
  folder: string,
): Promise<{ model?: string; embedding?: string; style?: string }> {
  const own = (files: readonly TravellingFile[]): string => join(folder, fingerprintOf(files).slice(0, 32));
  if (model !== undefined) for (const file of model) await fetchFile(file, store, own(model));
  if (embedding !== undefined) await fetchFile(embedding, store, own([embedding]));
  if (style !== undefined) await fetchFile(style, store, own([style]));
  return {
    ...(model !== undefined && { model: own(model) }),
    ...(embedding !== undefined && { embedding: join(own([embedding]), embedding.name) }),
    ...(style !== undefined && { style: join(own([style]), style.name) }),
  };
}

async function fetchFile(
  { name, sha256 }: TravellingFile,
  store: OutputStore,
  folder: string,
): Promise<void> {
  const path = join(folder, name);
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.part-${process.pid}`;
  try {
    await rm(partial, { force: true });
    await store.getFile(sha256, partial);
    if ((await sha256File(partial)) !== sha256)
      throw new AppError(
        'INPUT_MISSING',
        `${name}: expected the file with the checksum ${sha256} but got another one`,
        {
          cure: 'submit the film again',
        },
      );
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}
