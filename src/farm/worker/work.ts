/** A worker: takes films from the queue, one after the other or several at once, until it is stopped. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppError } from '../../errors.ts';
import type { Reporter } from '../../log/reporter.ts';
import type { FarmConfig } from '../config/farm-config.ts';
import type { Capability, FarmEngine, JobOutcome, JobTurn } from '../engine/engine.ts';
import type { ReelJob, ReelOptions } from '../jobs/reel-job.ts';
import { InputCache } from '../storage/input-cache.ts';
import type { Storages } from '../storage/storages.ts';
import { dropOldWork } from './drop-old-work.ts';
import { dropUnusedFiles } from './drop-unused-files.ts';
import { ReelProcess } from './reel-process.ts';
import { runReel } from './run-reel.ts';
import { tellEnd } from './tell-end.ts';

/** How a worker works. */
export interface WorkerOptions {
  /** Films at the same time. */
  readonly concurrency: number;
  /** End when nothing waits and nothing is being made. */
  readonly untilEmpty: boolean;
  readonly device: ReelOptions['device'];
}

/** What a worker works with. */
export interface WorkerTools {
  readonly queue: FarmEngine;
  readonly storages: Storages;
  readonly config: FarmConfig;
  readonly reporter: Reporter;
  /** Drains the worker: unfinished films go back to the queue. */
  readonly signal: AbortSignal;
}

/** How often a film may lose its worker before it is parked. */
const maxStalls = 3;
/** How often a worker that is to end with the queue looks at it, ms. */
const emptyCheckMs = 500;

/**
 * Works until the signal aborts or, with `untilEmpty`, until the queue is empty.
 * @returns how many films were finished and failed
 * @throws {AppError} the fault of this machine that prevents the work
 */
export async function work(
  options: WorkerOptions,
  tools: WorkerTools,
): Promise<{ finished: number; failed: number }> {
  await using crew = new Crew(options, tools);
  await crew.run();
  if (crew.fault !== undefined) throw crew.fault;
  return crew.counts;
}

class Crew implements AsyncDisposable {
  readonly counts = { finished: 0, failed: 0 };
  private readonly name = `${hostname()}-${process.pid}-${randomBytes(2).toString('hex')}`;
  private readonly idle: ReelProcess[];
  private readonly all: readonly ReelProcess[];
  private readonly cache: InputCache;
  private readonly options: WorkerOptions;
  private readonly tools: WorkerTools;
  private readonly ended = new AbortController();
  private readonly unfit = new Map<string, number>();
  private lastWarning: string | undefined;
  /** A fault of this machine that ended the work. */
  fault: AppError | undefined;

  constructor(options: WorkerOptions, tools: WorkerTools) {
    this.options = options;
    this.tools = tools;
    this.all = Array.from({ length: options.concurrency }, () => new ReelProcess());
    this.idle = [...this.all];
    const { cache, config } = tools.storages;
    this.cache = new InputCache(join(cache, 'inputs'), config.cacheGB * 1e9);
  }

  async run(): Promise<void> {
    const { queue, reporter, signal, config } = this.tools;
    const queues = await this.capabilities();
    await using worker = queue.work({
      name: this.name,
      queues,
      concurrency: this.options.concurrency,
      lockMs: config.worker.lockSeconds * 1000,
      maxStalls,
      run: (turn) => this.take(turn),
      onError: (error) => this.warnOnce(`queue: ${error.message}`),
    });
    reporter.line(`${this.name} takes films from the queue ${queues.join(' and ')}`, {
      event: 'worker',
      name: this.name,
      queues,
    });
    void this.dropOldWork();
    await this.untilEnd(AbortSignal.any([signal, this.ended.signal]), queues);
    await worker.stop();
    if (worker.active > 0)
      reporter.line('stopping: unfinished films go back to the queue', { event: 'stopping' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((child) => child[Symbol.asyncDispose]()));
  }

  /** A machine with a graphics card takes films that need one first. */
  private async capabilities(): Promise<Capability[]> {
    const [first] = this.all;
    const { device } = this.options;
    const found =
      device === undefined || device === 'auto' ? await first?.open({ device }, this.tools.signal) : device;
    return found === 'cpu' ? ['cpu'] : ['gpu', 'cpu'];
  }

  /** Resolves when the worker is to take no more films. */
  private async untilEnd(end: AbortSignal, queues: readonly Capability[]): Promise<void> {
    const isOver = async (): Promise<boolean> =>
      end.aborted || (this.options.untilEmpty && (await this.isEmpty(queues)));
    do await delay(emptyCheckMs, undefined, { signal: end }).catch(() => undefined);
    while (!(await isOver()));
  }

  private async isEmpty(queues: readonly Capability[]): Promise<boolean> {
    const { waiting, active } = await this.tools.queue.counts(queues);
    return waiting === 0 && active === 0;
  }

  private async take(turn: JobTurn): Promise<JobOutcome> {
    const child = this.idle.pop();
    if (child === undefined || this.ended.signal.aborted) {
      if (child !== undefined) this.idle.push(child);
      return { kind: 'given back' };
    }
    const { queue, storages, signal, reporter } = this.tools;
    const startMs = performance.now();
    try {
      const draining = AbortSignal.any([signal, this.ended.signal]);
      const end = await runReel(turn, {
        queue,
        unfit: this.unfit,
        storages,
        cache: this.cache,
        child,
        device: this.options.device,
        draining,
      });
      if (end.machineFault !== undefined) this.end(end.machineFault);
      tellEnd(reporter, turn, { ...end, seconds: (performance.now() - startMs) / 1000 });
      const isFinished = end.outcome.kind === 'done' && end.part === undefined;
      if (isFinished) this.counts.finished++;
      if (end.outcome.kind === 'failed') this.counts.failed++;
      const isOver = isFinished || end.outcome.kind === 'cancelled';
      if (end.job !== undefined && isOver) await this.tidy(turn, end.job);
      return end.outcome;
    } finally {
      this.idle.push(child);
    }
  }

  /** The model of a film is deleted from the storage when no other film needs it. */
  private async tidy(turn: JobTurn, job: ReelJob): Promise<void> {
    const { queue, storages, reporter } = this.tools;
    await dropUnusedFiles(turn.id, job, { queue, storages }).catch((error: unknown) =>
      reporter.warn(`models that no film needs are still in the storage: ${(error as Error).message}`),
    );
    await this.dropOldWork();
  }

  /** Says nothing twice in a row: the lock of a film that is lost is asked for until the child has stopped. */
  private warnOnce(text: string): void {
    if (text !== this.lastWarning) this.tools.reporter.warn(text);
    this.lastWarning = text;
  }

  private async dropOldWork(): Promise<void> {
    await dropOldWork(this.tools).catch((error: unknown) =>
      this.tools.reporter.warn(`old work is still on this machine: ${(error as Error).message}`),
    );
  }

  private end(fault: AppError): void {
    this.fault ??= fault;
    this.ended.abort(fault);
  }
}
