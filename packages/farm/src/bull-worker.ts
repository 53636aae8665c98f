import {
  DelayedError,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
  Worker,
  type Job,
  type Queue,
} from 'bullmq';
import type { Redis } from 'ioredis';
import type {
  Capability,
  FarmWorker,
  JobOutcome,
  JobProgress,
  NewPart,
  WorkOptions,
} from '../../../src/farm/engine/engine.ts';
import { addParts } from './add-parts.ts';
import { cancelKey, prefix, queueName } from './queue-names.ts';
import { Slots } from './slots.ts';

/** How often the worker looks whether its job was cancelled, at the least, ms. */
const cancelCheckMs = 2000;
/** When a job is offered again that this machine leaves to others, ms. */
const leftMs = 5000;

/** A job that somebody cancelled: it fails for good, and is removed then. */
class CancelledError extends UnrecoverableError {
  constructor() {
    super('cancelled');
  }
}

/** Takes jobs from one queue or several and runs at most `concurrency` at a time. */
export class BullWorker implements FarmWorker {
  private readonly workers: readonly Worker[];
  private readonly slots: Slots;
  private readonly running = new Map<string, AbortController>();
  private readonly options: WorkOptions;
  private readonly client: Redis;
  private readonly queues: readonly Queue[];
  private isStopped = false;

  /** @param queues - all of the farm; the worker adds parts of its jobs to them */
  constructor(client: Redis, queues: readonly Queue[], options: WorkOptions) {
    this.client = client;
    this.queues = queues;
    this.options = options;
    this.slots = new Slots(options.concurrency);
    this.workers = options.queues.map((capability) => this.open(capability));
  }

  get active(): number {
    return this.running.size;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.workers.map((worker) => worker.pause(true)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  private open(capability: Capability): Worker {
    const { concurrency, lockMs, name, maxStalls, onError } = this.options;
    const worker: Worker = new Worker(
      queueName(capability),
      (job: Job, token?: string) => this.take(worker, job, token ?? ''),
      {
        connection: this.client,
        prefix,
        name,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: lockMs / 2,
        maxStalledCount: maxStalls,
        drainDelay: 5,
        runRetryDelay: 1000,
      },
    );
    worker.on('error', onError);
    worker.on('failed', (job, error) => {
      if (error instanceof CancelledError) void job?.remove().catch(onError);
    });
    worker.on('lockRenewalFailed', (ids: string[]) => {
      for (const id of ids) this.running.get(id)?.abort('lost');
    });
    return worker;
  }

  /** Runs one job. It goes back at once if the worker was stopped, or if another queue has taken the last slot. */
  private async take(worker: Worker, job: Job, token: string): Promise<unknown> {
    const release = this.isStopped ? undefined : this.slots.take();
    if (release === undefined) {
      await this.pauseUntilFree(worker);
      await job.moveToWait(token);
      throw new WaitingError();
    }
    try {
      return await this.finish(job, token, await this.runJob(job, token));
    } finally {
      release();
    }
  }

  private async pauseUntilFree(worker: Worker): Promise<void> {
    await worker.pause(true);
    if (this.isStopped) return;
    void this.slots.whenFree().then(() => (this.isStopped ? undefined : worker.resume()));
  }

  private async runJob(job: Job, token: string): Promise<JobOutcome> {
    const id = job.id ?? '';
    const { lockMs } = this.options;
    const abort = new AbortController();
    this.running.set(id, abort);
    const isCancelled = (): Promise<void> => this.checkCancelled(job, abort);
    const timer = setInterval(() => void isCancelled(), Math.min(cancelCheckMs, lockMs / 2));
    try {
      await isCancelled();
      return await this.options.run({
        id,
        data: job.data as unknown,
        attempt: job.attemptsStarted,
        token,
        signal: abort.signal,
        progress: (progress: JobProgress) => job.updateProgress({ ...progress }),
        log: async (line: string) => {
          await job.log(line);
        },
        addParts: (parts: readonly NewPart[]) => this.addParts(parts, job),
        holdsLock: () => this.holdsLock(job, token),
      });
    } finally {
      clearInterval(timer);
      this.running.delete(id);
    }
  }

  private async finish(job: Job, token: string, outcome: JobOutcome): Promise<unknown> {
    switch (outcome.kind) {
      case 'done':
        return outcome.result;
      case 'given back':
        await job.moveToWait(token);
        throw new WaitingError();
      case 'waits for parts':
        if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
        await job.moveToWait(token); // all of them have ended in the meantime
        throw new WaitingError();
      case 'left to others':
        await job.moveToDelayed(Date.now() + leftMs, token);
        throw new DelayedError();
      case 'cancelled':
        await this.client.del(cancelKey(job.id ?? ''));
        throw new CancelledError();
      case 'lost':
        throw new Error('another worker has the job'); // BullMQ refuses to record it without the lock
      case 'failed':
        throw outcome.isFinal ? new UnrecoverableError(outcome.message) : new Error(outcome.message);
    }
  }

  /** Whoever cancels a job also cancels its parts. */
  private async checkCancelled({ id = '', parent }: Job, abort: AbortController): Promise<void> {
    const keys = (parent?.id === undefined ? [id] : [id, parent.id]).map(cancelKey);
    const found = await this.client.exists(...keys).catch(() => 0);
    if (found > 0) abort.abort('cancelled');
  }

  private async addParts(parts: readonly NewPart[], job: Job): Promise<void> {
    const queue = this.queues.find(({ name }) => name === job.queueName);
    if (queue === undefined) throw new TypeError(`no queue ${job.queueName}`);
    await addParts(parts, { job, queue });
  }

  private async holdsLock(job: Job, token: string): Promise<boolean> {
    return (await job.extendLock(token, this.options.lockMs).catch(() => 0)) > 0;
  }
}
