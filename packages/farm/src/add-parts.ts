import type { Job, Queue } from 'bullmq';
import type { NewPart } from '../../../src/farm/engine/engine.ts';

/**
 * Adds parts of an active job as its children. BullMQ leaves those that are there as they are. A part that fails for
 * good does not end its parent: the parent runs when all parts have ended, and decides.
 */
export async function addParts(
  parts: readonly NewPart[],
  { job, queue }: { readonly job: Job; readonly queue: Queue },
): Promise<void> {
  const { attempts = 1, backoff, priority: asked = 1 } = job.opts;
  // A film that was begun is finished before the next one is begun.
  const priority = Math.min(job.priority, Math.max(1, asked - 1));
  const parent = { id: job.id ?? '', queue: job.queueQualifiedName };
  for (const { id, data } of parts)
    await queue.add('part', data, {
      jobId: id,
      parent,
      ignoreDependencyOnFailure: true,
      removeOnComplete: true,
      keepLogs: 100,
      attempts,
      priority,
      ...(backoff !== undefined && { backoff }),
    });
  await job.changePriority({ priority });
}
