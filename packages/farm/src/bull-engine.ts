import { Queue, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type {
  AddedJob,
  Capability,
  EngineSettings,
  FarmEngine,
  FarmWorker,
  JobCounts,
  JobView,
  NewJob,
  WorkerView,
  WorkOptions,
} from '../../../src/farm/engine/engine.ts';
import { BullWorker } from './bull-worker.ts';
import { jobView, statesOf } from './job-view.ts';
import { cancelKey, capabilities, prefix, queueName } from './queue-names.ts';
import { redisClient } from './redis-client.ts';

/** How long the mark of a cancelled job stays, seconds: longer than a worker takes to see it. */
const cancelMarkS = 3600;
/** Jobs that one call to Redis adds or reads. */
const pageJobs = 500;
/** Finished jobs that stay visible. What they made is known by the storage, so older ones are not needed. */
const keptFinished = { count: 10_000, age: 30 * 24 * 3600 } as const;

/** The queue of films, in Redis or Valkey. */
export class BullEngine implements FarmEngine {
  private readonly client: Redis;
  private readonly queues: ReadonlyMap<Capability, Queue>;

  constructor({ redis, onError }: EngineSettings) {
    this.client = redisClient(redis, onError);
    this.queues = new Map(
      capabilities.map((capability) => {
        const queue = new Queue(queueName(capability), { connection: this.client, prefix });
        queue.on('error', onError);
        return [capability, queue];
      }),
    );
  }

  async add(capability: Capability, jobs: readonly NewJob[]): Promise<AddedJob[]> {
    const queue = this.queue(capability);
    const added: AddedJob[] = [];
    for (const page of pagesOf(jobs))
      added.push(...(await Promise.all(page.map((job) => addJob(queue, job)))));
    return added;
  }

  async find(ids: readonly string[]): Promise<Map<string, JobView>> {
    const found = new Map<string, JobView>();
    for (const page of pagesOf(ids))
      for (const view of await Promise.all(page.map((id) => this.view(id))))
        if (view !== undefined) found.set(view.id, view);
    return found;
  }

  async list(states: readonly JobView['state'][], most = Infinity): Promise<JobView[]> {
    const views: JobView[] = [];
    for (const [capability, queue] of this.queues)
      for (const state of states) {
        const isNewestFirst = state === 'finished';
        const last = Number.isFinite(most) ? most - 1 : -1;
        const jobs = (await queue.getJobs([...statesOf(state)], 0, last, !isNewestFirst)) as (
          Job | undefined
        )[];
        // A job may vanish between the list and its content.
        views.push(...jobs.flatMap((job) => (job === undefined ? [] : [jobView(job, state, capability)])));
      }
    return views;
  }

  async counts(queues: readonly Capability[] = capabilities): Promise<JobCounts> {
    const all = await Promise.all(queues.map((capability) => this.queue(capability).getJobCounts()));
    const sum = (...names: string[]): number =>
      all.reduce((total, counts) => total + names.reduce((part, name) => part + (counts[name] ?? 0), 0), 0);
    return {
      waiting: sum('waiting', 'prioritized', 'waiting-children', 'delayed'),
      active: sum('active'),
      finished: sum('completed'),
      failed: sum('failed'),
    };
  }

  async pause(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.pause()));
  }

  async resume(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.resume()));
  }

  async isPaused(): Promise<boolean> {
    const all = await Promise.all([...this.queues.values()].map((queue) => queue.isPaused()));
    return all.some(Boolean);
  }

  async retry(id: string): Promise<void> {
    const { job } = (await this.job(id)) ?? {};
    await job?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  }

  async cancel(id: string): Promise<boolean> {
    const { job } = (await this.job(id)) ?? {};
    if (job === undefined) return true;
    const mark = async (): Promise<boolean> => {
      await this.client.set(cancelKey(id), '1', 'EX', cancelMarkS);
      return false;
    };
    if (await job.isActive()) return mark();
    // The job may have been taken in the meantime, or a worker has one of its parts: they see the mark.
    return job.remove().then(() => true, mark);
  }

  async forget(id: string): Promise<void> {
    const { job } = (await this.job(id)) ?? {};
    await this.client.del(cancelKey(id));
    await job?.remove();
  }

  async setPriority(id: string, priority: number): Promise<void> {
    const { job, queue } = (await this.job(id)) ?? {};
    if (job === undefined || queue === undefined) return;
    await job.changePriority({ priority });
    for (const key of (await job.getDependencies()).unprocessed ?? []) {
      const part = (await queue.getJob(key.slice(key.lastIndexOf(':') + 1))) as Job | undefined;
      await part?.changePriority({ priority });
    }
  }

  async logs(id: string): Promise<string[]> {
    const { job, queue } = (await this.job(id)) ?? {};
    return job === undefined || queue === undefined ? [] : (await queue.getJobLogs(id)).logs;
  }

  async workers(): Promise<WorkerView[]> {
    const views = new Map<string, WorkerView>();
    for (const [capability, queue] of this.queues)
      for (const { rawname = '' } of await queue.getWorkers()) {
        const name = rawname.split(':w:')[1] ?? rawname; // BullMQ names the connection PREFIX:QUEUE:w:NAME
        const known = views.get(name);
        views.set(name, { name, queues: [...(known?.queues ?? []), capability] });
      }
    return [...views.values()];
  }

  work(options: WorkOptions): FarmWorker {
    return new BullWorker(this.client, [...this.queues.values()], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    this.client.disconnect();
  }

  private queue(capability: Capability): Queue {
    const queue = this.queues.get(capability);
    if (queue === undefined) throw new TypeError(`no queue for ${capability}`);
    return queue;
  }

  private async job(id: string): Promise<{ job: Job; queue: Queue; capability: Capability } | undefined> {
    for (const [capability, queue] of this.queues) {
      const job = (await queue.getJob(id)) as Job | undefined;
      if (job !== undefined) return { job, queue, capability };
    }
    return undefined;
  }

  private async view(id: string): Promise<JobView | undefined> {
    const found = await this.job(id);
    if (found === undefined) return undefined;
    const state = await found.job.getState();
    return state === 'unknown' ? undefined : jobView(found.job, state, found.capability);
  }
}

/**
 * Adds a job, unless one with its id is there already, or another one makes the same output. BullMQ checks both in one
 * step.
 */
async function addJob(
  queue: Queue,
  { id, data, output, attempts, backoffMs, priority }: NewJob,
): Promise<AddedJob> {
  const isKnown = (await queue.getJob(id)) !== undefined;
  const job = await queue.add('film', data, {
    jobId: id,
    deduplication: { id: output },
    attempts,
    backoff: { type: 'exponential', delay: backoffMs },
    removeOnComplete: keptFinished,
    keepLogs: 100,
    priority,
  });
  return { id, isNew: !isKnown && job.id === id, holder: job.id === id ? undefined : job.id };
}

function* pagesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += pageJobs) yield all.slice(at, at + pageJobs);
}
