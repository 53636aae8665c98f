import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { prepareOnnxEnvironment } from '../../model/onnx/onnx-environment.ts';
import { meanEmbedding } from './mean-embedding.ts';
import { sizeName, type Sample } from '../dataset/shards/sample.ts';
import type { FeatureStore } from './feature-store.ts';
import type { FeatureAnswer, FeatureTask, FrozenSetup } from './feature-worker.ts';

/** What a store is filled with. */
export interface FillJob {
  readonly setup: FrozenSetup;
  /** always in the same order, because samples that the store already has are skipped */
  readonly samples: AsyncIterable<Sample>;
  /** how often a sample is varied, by its key */
  readonly views: (key: string) => number;
  /** of the variations; 0 means none */
  readonly strength: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (samples: number) => void;
}

/** Threads beyond this would fill the memory: each holds a network. */
const maxThreads = 16;
/** A thread computes one picture while it varies another. */
const tasksPerThread = 2;
const commitEvery = 256;

/**
 * Computes the features of samples that are missing in a store. An interrupted fill resumes after its last commit.
 * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE; what `samples` throws
 * @throws the signal's reason when it is aborted, after a commit
 */
export async function fillStore(store: FeatureStore, job: FillJob): Promise<void> {
  const threads = Math.min(maxThreads, availableParallelism());
  prepareOnnxEnvironment();
  const pool = new Piscina({
    filename: new URL('./feature-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: tasksPerThread,
    idleTimeout: Infinity,
  });
  const underWay: UnderWay[] = [];
  try {
    await fill(store, job, pool, underWay);
  } finally {
    // Ending a thread while its network runs would end the whole process.
    await Promise.allSettled(underWay.map(({ answer }) => answer));
    await pool.destroy();
  }
}

/** A sample whose features are being computed. */
interface UnderWay {
  readonly sample: Sample;
  readonly answer: Promise<FeatureAnswer>;
}

/**
 * @param underWay - the tasks that the pool still works on, oldest first; empty if all went well
 */
async function fill(store: FeatureStore, job: FillJob, pool: Piscina, underWay: UnderWay[]): Promise<void> {
  const concurrency = pool.options.maxThreads * tasksPerThread;
  let done = store.samples;
  const finishOne = async (): Promise<void> => {
    const one = underWay.shift();
    if (one === undefined) return;
    const { shape, records } = await one.answer;
    for (const record of records) await store.append(sizeName(one.sample.size), shape, record);
    done += 1;
    job.onProgress(done);
    if (done % commitEvery === 0) await store.commit(done);
  };
  const known = store.samples;
  let number = -1;
  for await (const sample of job.samples) {
    number += 1;
    if (number < known) continue;
    if (job.signal.aborted) break;
    const answer = pool.run(taskOf(job, sample, number), { name: 'extract' }) as Promise<FeatureAnswer>;
    answer.catch(() => undefined); // the consumer awaits it and sees the error
    underWay.push({ sample, answer });
    if (underWay.length >= concurrency) await finishOne();
  }
  while (underWay.length > 0) await finishOne();
  await store.commit(done);
  job.signal.throwIfAborted();
}

function taskOf({ setup, views, strength, seed }: FillJob, sample: Sample, number: number): FeatureTask {
  const { key, size, luma, ab } = sample;
  return {
    setup,
    views: views(key),
    strength,
    seeds: [seed, number],
    picture: { size, luma, ab },
    embedding: meanEmbedding(sample),
  };
}
