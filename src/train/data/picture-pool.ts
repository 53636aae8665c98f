import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { Refusal } from './refusal.ts';
import type { Sample } from './sample.ts';
import type { SampleTask, SurveyedPicture, SurveyTask } from './picture-worker.ts';

/** Threads beyond this would fill the memory: each holds an embedding network of 310 MB. */
const maxThreads = 16;
/** While one of a thread's pictures is embedded, another is decoded. */
const tasksPerThread = 2;

/** Threads that read pictures and make samples of them. */
export class PicturePool implements AsyncDisposable {
  /** Tasks that are worth having under way at once. */
  readonly concurrency: number;
  readonly #pool: Piscina;

  constructor(threads = Math.min(maxThreads, availableParallelism())) {
    this.concurrency = threads * tasksPerThread;
    this.#pool = new Piscina({
      filename: new URL('./picture-worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: tasksPerThread,
      idleTimeout: Infinity,
    });
  }

  /** Whether a picture is of use, and what it looks like. */
  survey(task: SurveyTask): Promise<SurveyedPicture | Refusal> {
    return this.#pool.run(task, { name: 'survey' }) as Promise<SurveyedPicture | Refusal>;
  }

  /** A picture's sample, or why it could not be read. */
  sample(task: SampleTask): Promise<Sample | Refusal> {
    return this.#pool.run(task, { name: 'sample' }) as Promise<Sample | Refusal>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}
