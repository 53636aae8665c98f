import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { withMemories, type LiveStepResult, type LiveStepTask } from './camera/live-step.ts';
import type { SentPlace } from './frame-memory.ts';
import { sentMemory, type SentMemory } from './sent-memory.ts';
import type {
  ComposeTask,
  JpegTask,
  MemoryWanted,
  MotionTask,
  ResizeTask,
  SentLiveTask,
  ShrinkTask,
  Timed,
} from './pixel-worker.ts';

/** Threads for pixel work: shrinking, motion, composing. Frames travel as shared memory. */
export class PixelPool implements AsyncDisposable {
  private readonly pool: Piscina;
  private readonly running = new Set<Promise<unknown>>();
  /** The number of tasks that should run at the same time. */
  readonly concurrency: number;
  /** The seconds that tasks ran, by name, over all threads. `resize` counts as `shrink`, `jpeg` as `live`. */
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

  /** A message costs as much as a small task, so one has the tasks of several frames. The results are in their order. */
  shrink(tasks: readonly ShrinkTask[]): Promise<(number | undefined)[]> {
    return this.film('shrink', tasks);
  }

  async resize(task: ResizeTask): Promise<Uint8Array> {
    const [picture] = await this.film<Uint8Array>('resize', [task]);
    if (!picture) throw new RangeError('expected a resized picture but got none');
    return picture;
  }

  motion(tasks: readonly MotionTask[]): Promise<number[]> {
    return this.film('motion', tasks);
  }

  async compose(tasks: readonly ComposeTask[]): Promise<void> {
    await this.film('compose', tasks);
  }

  live(task: LiveStepTask): Promise<LiveStepResult> {
    return this.timed('live', (isWhole) =>
      withMemories(
        task,
        (memory) => sentMemory(memory, isWhole),
        (state) => sentMemory(state, isWhole),
      ),
    );
  }

  /** @param task - its memory must not change until the promise settles */
  jpeg({ memory, size, quality }: JpegTask): Promise<Uint8Array> {
    return this.timed('jpeg', (isWhole) => ({ memory: sentMemory(memory, isWhole), size, quality }));
  }

  /** Ends the threads after their current tasks. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.running);
    await this.pool.destroy(); // piscina's own `close` may end a thread that still works
  }

  private film<T>(name: TaskName, tasks: readonly FilmTask[]): Promise<T[]> {
    return tasks.length === 0 ? Promise.resolve([]) : this.timed(name, filmMessage(tasks));
  }

  /** @param task - makes the message, with or without the memory that it is about */
  private timed<T>(name: TaskName, task: (isWhole: boolean) => Message): Promise<T> {
    const done = this.run<T>(name, task).finally(() => this.running.delete(done));
    this.running.add(done);
    return done;
  }

  /** Sending a memory costs more than a task, so a thread gets it only on request. */
  private async run<T>(name: TaskName, task: (isWhole: boolean) => Message): Promise<T> {
    const short = (await this.pool.run(task(false), { name })) as Timed<T> | MemoryWanted;
    const answer = 'wantsMemory' in short ? ((await this.pool.run(task(true), { name })) as Timed<T>) : short;
    this.seconds[countedAs[name]] += answer.ms / 1000;
    return answer.result;
  }
}

type TaskName = keyof PixelPool['seconds'] | 'resize' | 'jpeg';

const countedAs: Readonly<Record<TaskName, keyof PixelPool['seconds']>> = {
  shrink: 'shrink',
  resize: 'shrink',
  motion: 'motion',
  compose: 'compose',
  live: 'live',
  jpeg: 'live',
};

type FilmTask = ShrinkTask | ResizeTask | MotionTask | ComposeTask;
type Message = readonly FilmTask[] | SentLiveTask | JpegTask<SentMemory>;

/** Tasks on the frames of a film. */
function filmMessage(tasks: readonly FilmTask[]): (isWhole: boolean) => readonly FilmTask[] {
  return (isWhole) => (isWhole ? tasks : tasks.map(withoutMemory));
}

function withoutMemory(task: FilmTask): FilmTask {
  const place = shortPlace(task.place);
  if (!('earlier' in task) || task.earlier instanceof Uint8Array) return { ...task, place };
  return { ...task, place, earlier: shortPlace(task.earlier) };
}

/** A memory that is not shared holds one frame, so no thread knows it. */
function shortPlace({ memory, at }: SentPlace): SentPlace {
  return 'shared' in memory && memory.shared ? { memory: { id: memory.id }, at } : { memory, at };
}
