import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { openVectors, type DatasetVectors } from './dataset-vectors.ts';
import { listCandidates } from './candidates.ts';
import type { DatasetJob } from './dataset-job.ts';
import { describeDataset, fingerprintOfSet } from './describe-dataset.ts';
import { inOrder } from './in-order.ts';
import {
  manifestName,
  readDatasetManifest,
  writeDatasetManifest,
  type DatasetManifest,
} from './dataset-manifest.ts';
import { PictureWorkers } from './pictures/picture-workers.ts';
import type { SampleTask } from './pictures/picture-worker.ts';
import type { PictureRefusal, RefusalReason } from './pictures/picture-refusal.ts';
import type { Sample } from './shards/sample.ts';
import { shapesOf } from './pictures/shapes.ts';
import { noRefusals, planShards, type DatasetPlan, type PlannedShard } from './shards/shard-plan.ts';
import { hasAllShards } from './shards/shard-check.ts';
import { writeShard } from './shards/shard-writer.ts';
import { surveyPictures } from './survey.ts';
import { otherWork, DatasetWork } from './dataset-work.ts';

/**
 * Makes a training set from photos and films. An interrupted run resumes where it stopped. A complete set with the same
 * settings and sources is left as it is; if shards are missing, only those are made.
 * @throws {AppError} OUTPUT_EXISTS if the folder holds something else; INPUT_UNSUPPORTED if no source can be used;
 *   DISK_FULL, OUTPUT_UNWRITABLE; the signal's reason when it is aborted
 */
export async function makeDataset(job: DatasetJob): Promise<DatasetManifest> {
  const { dir, settings, sources } = job;
  const vectors = await openVectors(job.embedding);
  const fingerprint = fingerprintOfSet(settings, sources, vectors);
  const known = existsSync(join(dir, manifestName)) ? await readDatasetManifest(dir) : undefined;
  if (known !== undefined && known.fingerprint !== fingerprint)
    throw otherWork(dir, known.settings, settings);
  if (known !== undefined && (await hasAllShards(dir, known))) return known;
  const work = await DatasetWork.open(dir, fingerprint, settings, known?.shards);
  await using pool = new PictureWorkers();
  const plan = (await work.plan()) ?? (await makePlan(job, work, pool));
  await writeShards(job, work, plan, new SampleMaker(pool, vectors, settings.shortSidePx));
  const manifest = describeDataset(plan, work.finished, {
    fingerprint,
    settings,
    sources,
    embedding: vectors.network,
  });
  await writeDatasetManifest(dir, manifest);
  await work.remove();
  return manifest;
}

async function makePlan(job: DatasetJob, work: DatasetWork, pool: PictureWorkers): Promise<DatasetPlan> {
  const { settings, signal, onProgress } = job;
  const refused = noRefusals();
  const onRefused = (key: string, refusal: PictureRefusal): void => {
    refused[refusal.reason]++;
    job.onRefused(key, refusal);
  };
  const candidates = await listCandidates(job, work.framesDir, onRefused);
  const chosen = await surveyPictures(candidates, {
    pool,
    signal,
    shapes: shapesOf(settings.shortSidePx),
    minChroma: settings.minChroma,
    onProgress: (done) => onProgress({ stage: 'survey', done, total: candidates.length }),
    onRefused,
  });
  if (chosen.length === 0) throw nothingOfUse(refused);
  const plan = { shards: planShards(chosen, settings.seed, settings.samplesPerShard), refused };
  await work.savePlan(plan);
  return plan;
}

async function writeShards(
  { dir, signal, onProgress }: DatasetJob,
  work: DatasetWork,
  { shards }: DatasetPlan,
  maker: SampleMaker,
): Promise<void> {
  const isFinished = (file: string): boolean => work.finished.some(({ shard }) => shard.file === file);
  const total = shards.reduce((sum, { samples }) => sum + samples.length, 0);
  let done = work.finished.reduce((sum, { shard }) => sum + shard.samples, 0);
  onProgress({ stage: 'samples', done, total });
  for (const planned of shards.filter(({ file }) => !isFinished(file))) {
    const onSample = (): void => onProgress({ stage: 'samples', done: ++done, total });
    await work.commit(await writeShard(dir, planned, samplesOf(planned, maker, signal, onSample)));
  }
}

async function* samplesOf(
  planned: PlannedShard,
  maker: SampleMaker,
  signal: AbortSignal,
  onSample: () => void,
): AsyncGenerator<Sample> {
  for await (const [{ path }, sample] of maker.makeAll(planned)) {
    signal.throwIfAborted();
    if ('reason' in sample)
      throw new AppError('INPUT_DAMAGED', `${path}: could be read before, but now: ${sample.detail}`, {
        cure: 'do not change the sources while a set is made; repeat the command',
      });
    yield sample;
    onSample();
  }
}

/** Makes the samples of one shard, several at a time. */
class SampleMaker {
  readonly #pool: PictureWorkers;
  readonly #common: Pick<SampleTask, 'vectors' | 'shapes'>;

  constructor(pool: PictureWorkers, vectors: DatasetVectors, shortSidePx: number) {
    this.#pool = pool;
    this.#common = { vectors, shapes: shapesOf(shortSidePx) };
  }

  makeAll({ samples }: PlannedShard): AsyncGenerator<[{ path: string }, Sample | PictureRefusal]> {
    return inOrder(samples, this.#pool.concurrency, (one) => this.#pool.sample({ ...one, ...this.#common }));
  }
}

function nothingOfUse(refused: Readonly<Record<RefusalReason, number>>): AppError {
  const counts = Object.entries(refused).flatMap(([reason, count]) =>
    count > 0 ? [`${count} ${reason}`] : [],
  );
  return new AppError(
    'INPUT_UNSUPPORTED',
    `expected colour pictures to learn from but none is of use: ${counts.join(', ') || 'no input'}`,
    { cure: 'give photos or films in colour; --min-chroma says how colourful they must be' },
  );
}
