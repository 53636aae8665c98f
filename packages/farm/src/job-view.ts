import type { Job, JobState, JobType } from 'bullmq';
import type { Capability, JobProgress, JobView } from '../../../src/farm/engine/engine.ts';

/** The states of BullMQ that a state of ours means. */
export function statesOf(state: JobView['state']): readonly JobType[] {
  switch (state) {
    case 'waiting':
      return ['prioritized', 'waiting', 'delayed', 'waiting-children'];
    case 'finished':
      return ['completed'];
    case 'active':
    case 'failed':
      return [state];
  }
}

/** What the program sees of a job. */
export function jobView(job: Job, state: JobState | JobView['state'], capability: Capability): JobView {
  return {
    id: job.id ?? '',
    queue: capability,
    parent: job.parent?.id,
    state: ours(state),
    data: job.data as unknown,
    progress: isProgress(job.progress) ? job.progress : undefined,
    attempts: job.attemptsMade,
    mostAttempts: job.opts.attempts ?? 1,
    stalls: job.stalledCounter,
    priority: job.priority,
    worker: job.processedBy,
    failure: job.failedReason === '' ? undefined : job.failedReason,
    result: (job.returnvalue as unknown) ?? undefined,
    addedMs: job.timestamp,
    startedMs: job.processedOn,
    finishedMs: job.finishedOn,
  };
}

function ours(state: JobState | JobView['state']): JobView['state'] {
  switch (state) {
    case 'completed':
    case 'finished':
      return 'finished';
    case 'active':
    case 'failed':
      return state;
    default:
      return 'waiting';
  }
}

function isProgress(value: unknown): value is JobProgress {
  return typeof value === 'object' && value !== null && 'frames' in value;
}
