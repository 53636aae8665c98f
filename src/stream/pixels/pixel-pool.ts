import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { LiveStepResult, LiveStepTask } from './live-step.ts';
import type { SentPlace } from './frame-memory.ts';
import type { ComposeTask, MemoryWanted, MotionTask, ResizeTask, ShrinkTask, Timed } from './pixel-worker.ts';

/** Threads for pixel work: shrinking, motion, composing. Frames travel as shared memory. */
export class PixelPool implements AsyncDisposable {
  private readonly pool: Piscina;
  private readonly running = new Set<Promise<unknown>>();
  /** The number of tasks that should run at the same time. */
  readonly concurrency: number;
  /** The seconds that tasks ran, by name, over all threads. `resize` counts as `shrink`. */
  readonly seconds = { shrink: 0, motion: 0, compose: 0, live: 0 };

  constructor(threads = Math.max(1, Math.min(4, availableParallelism()))) {
    this.concurrency = threads;
    this.pool = new Piscina({
      filename: new URL('./pixel-worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Infinity,
    });
  }

  shrink(task: ShrinkTask): Promise<number | undefined> {
    return this.timed('shrink', task);
  }

  resize(task: ResizeTask): Promise<Uint8Array> {
    return this.timed('resize', task);
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

  /** Ends the threads after their current tasks. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.running);
    await this.pool.destroy(); // piscina's own `close` may end a thread that still works
  }

  private timed<T>(name: TaskName, task: Task): Promise<T> {
    const done = this.run<T>(name, task).finally(() => this.running.delete(done));
    this.running.add(done);
    return done;
  }

  /** Sending a memory costs more than a task, so a thread gets it only on request. */
  private async run<T>(name: TaskName, task: Task): Promise<T> {
    const short = (await this.pool.run(withoutMemory(task), { name })) as Timed<T> | MemoryWanted;
    const answer = 'wantsMemory' in short ? ((await this.pool.run(task, { name })) as Timed<T>) : short;
    this.seconds[name === 'resize' ? 'shrink' : name] += answer.ms / 1000;
    return answer.result;
  }
}

type TaskName = keyof PixelPool['seconds'] | 'resize';
type Task = LiveStepTask | ShrinkTask | ResizeTask | MotionTask | ComposeTask;

function withoutMemory(task: Task): Task {
  if (!('place' in task)) return task;
  const place = shortPlace(task.place);
  if (!('earlier' in task) || task.earlier instanceof Uint8Array) return { ...task, place };
  return { ...task, place, earlier: shortPlace(task.earlier) };
}

/** A memory that is not shared holds one frame, so no thread knows it. */
function shortPlace({ memory, at }: SentPlace): SentPlace {
  return 'shared' in memory && memory.shared ? { memory: { id: memory.id }, at } : { memory, at };
}
