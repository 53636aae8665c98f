import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { prepareOnnxEnvironment } from '../../../model/onnx/onnx-environment.ts';
import type { PictureRefusal } from './picture-refusal.ts';
import type { Sample } from '../shards/sample.ts';
import type { SampleTask, SurveyedPicture, SurveyTask } from './picture-worker.ts';

/** Threads beyond this would fill the memory: each holds an embedding network of 310 MB. */
const maxThreads = 16;
/** While one of a thread's pictures is embedded, another is decoded. */
const tasksPerThread = 2;

/** Threads that read pictures and make samples of them. */
export class PictureWorkers implements AsyncDisposable {
  /** How many tasks to keep in progress at the same time. */
  readonly concurrency: number;
  readonly #pool: Piscina;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(threads = Math.min(maxThreads, availableParallelism())) {
    this.concurrency = threads * tasksPerThread;
    prepareOnnxEnvironment();
    this.#pool = new Piscina({
      filename: new URL('./picture-worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: tasksPerThread,
      idleTimeout: Infinity,
    });
  }

  /** Finds out whether a picture is useful, and its hash and thumbnail. */
  survey(task: SurveyTask): Promise<SurveyedPicture | PictureRefusal> {
    return this.#run('survey', task);
  }

  /** Makes a picture's sample, or says why it could not be read. */
  sample(task: SampleTask): Promise<Sample | PictureRefusal> {
    return this.#run('sample', task);
  }

  /** Waits for running tasks: ending a thread while its network runs would end the whole process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#pool.destroy();
  }

  async #run<R>(name: string, task: SurveyTask | SampleTask): Promise<R> {
    const result = this.#pool.run(task, { name }) as Promise<R>;
    this.#underWay.add(result);
    return result.finally(() => this.#underWay.delete(result));
  }
}
