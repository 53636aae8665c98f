import type { FarmEngine } from '../engine/engine.ts';
import { reelJobSchema, type ReelJob } from '../jobs/reel-job.ts';
import { locationText } from '../storage/location.ts';
import type { Storages } from '../storage/storages.ts';

/**
 * Deletes the files that travelled to the workers, when no unfinished film of this folder needs any.
 * @param jobId - of the film that has just been finished or cancelled
 */
export async function dropUnusedFiles(
  jobId: string,
  { files, output }: ReelJob,
  { queue, storages }: { readonly queue: FarmEngine; readonly storages: Storages },
): Promise<void> {
  if (!needsFiles(files)) return;
  const folder = locationText(output.folder);
  const others = (await queue.list(['waiting', 'active', 'failed'])).filter(({ id, data }) => {
    const job = reelJobSchema.safeParse(data).data;
    if (id === jobId || job === undefined || !needsFiles(job.files)) return false;
    return locationText(job.output.folder) === folder;
  });
  if (others.length === 0) await storages.output(output.folder).dropFiles();
}

function needsFiles(files: ReelJob['files']): boolean {
  return Object.values(files).some((file) => file !== undefined);
}
