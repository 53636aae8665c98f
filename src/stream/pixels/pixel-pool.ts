import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { LiveStepResult, LiveStepTask } from './live-step.ts';
import type { ComposeTask, MotionTask, ShrinkTask, SpreadTask } from './pixel-worker.ts';

/** Threads for pixel work: shrinking, motion, composing. Frames travel as shared memory. */
export class PixelPool implements AsyncDisposable {
  private readonly pool: Piscina;
  private readonly running = new Set<Promise<unknown>>();
  /** Tasks that are worth having under way at once. */
  readonly concurrency: number;
  /** Seconds that tasks ran, by name, over all threads. */
  readonly seconds = { shrink: 0, spread: 0, motion: 0, compose: 0, live: 0 };

  constructor(threads = Math.max(1, Math.min(4, availableParallelism()))) {
    this.concurrency = threads;
    this.pool = new Piscina({
      filename: new URL('./pixel-worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Infinity,
    });
  }

  shrink(task: ShrinkTask): Promise<void> {
    return this.timed('shrink', task);
  }

  chromaSpread(task: SpreadTask): Promise<number> {
    return this.timed('spread', task);
  }

  motion(task: MotionTask): Promise<number> {
    return this.timed('motion', task);
  }

  compose(task: ComposeTask): Promise<void> {
    return this.timed('compose', task);
  }

  live(task: LiveStepTask): Promise<LiveStepResult> {
    return this.timed('live', task);
  }

  /** Ends the threads when they have done what they were given. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.running);
    await this.pool.destroy(); // its own `close` may end a thread that still works
  }

  private timed<T>(name: keyof PixelPool['seconds'], task: object): Promise<T> {
    const done = this.run<T>(name, task).finally(() => this.running.delete(done));
    this.running.add(done);
    return done;
  }

  private async run<T>(name: keyof PixelPool['seconds'], task: object): Promise<T> {
    const { result, ms } = (await this.pool.run(task, { name })) as { result: T; ms: number };
    this.seconds[name] += ms / 1000;
    return result;
  }
}
