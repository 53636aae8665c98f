/** Puts films on the queue. */
import { AppError } from '../errors.ts';
import { fingerprintOf } from '../files/fingerprint.ts';
import { withDefaults } from '../stream/film/film-options.ts';
import { packageVersion } from '../version.ts';
import type { Capability, FarmEngine, NewJob } from './engine/engine.ts';
import { describeFilm } from './jobs/describe-film.ts';
import { jobIdOf, outputText, shortId } from './jobs/job-id.ts';
import { jobModel, type JobModel } from './jobs/model-files.ts';
import type { PlannedReel } from './jobs/plan-reels.ts';
import type { ReelJob, ReelOptions } from './jobs/reel-job.ts';
import type { Location } from './storage/location.ts';
import type { OutputStore } from './storage/output-store.ts';
import type { Storages } from './storage/storages.ts';

/** What is to be submitted. */
export interface Submission {
  readonly reels: readonly PlannedReel[];
  /** The folder for results. */
  readonly folder: Location;
  readonly options: ReelOptions;
  readonly overwrite: boolean;
  /** How often a film is tried before it is parked. */
  readonly attempts: number;
  /** Lower numbers come first. */
  readonly priority: number;
  /** Films that are longer are made in parts of at least this length, seconds; undefined: all are made in one piece. */
  readonly splitSeconds?: number | undefined;
}

/** What became of a film. */
export interface SubmittedFilm {
  readonly input: string;
  readonly output: string;
  readonly jobId: string | undefined;
  /**
   * `queued`: added now. `queued before`: it waits or is being made. `finished before`: its output is there. `parked`:
   * it failed too often. `refused`: `fault` says why.
   */
  readonly state: 'queued' | 'queued before' | 'finished before' | 'parked' | 'refused';
  readonly fault: AppError | undefined;
}

/** What `submitFilms` works with. */
export interface SubmitTools {
  readonly queue: FarmEngine;
  readonly storages: Storages;
  readonly signal: AbortSignal;
  /** Is told about each film at once. */
  readonly onFilm: (film: SubmittedFilm) => void;
}

/** Pause before the second attempt at a film, ms. */
const backoffMs = 5000;

/**
 * Puts films on the queue, except those that are there or finished. Calling it again does nothing twice, and after a
 * loss of the queue it queues what is not finished.
 * @throws {AppError} a fault that concerns all films: QUEUE_UNAVAILABLE, MODEL_INVALID, STORAGE_UNAVAILABLE
 */
export async function submitFilms(submission: Submission, tools: SubmitTools): Promise<SubmittedFilm[]> {
  const { options, folder } = submission;
  const model = await jobModel(options);
  const output = tools.storages.output(folder);
  const submitted: SubmittedFilm[] = [];
  await storeFiles(model, output);
  for (const reel of submission.reels) {
    tools.signal.throwIfAborted();
    const film = await submitOne(reel, { submission, model, output, tools });
    submitted.push(film);
    tools.onFilm(film);
  }
  // A worker that finished the last older film in the meantime has deleted them.
  await storeFiles(model, output);
  return submitted;
}

interface Context {
  readonly submission: Submission;
  readonly model: JobModel;
  readonly output: OutputStore;
  readonly tools: SubmitTools;
}

async function submitOne(reel: PlannedReel, context: Context): Promise<SubmittedFilm> {
  const { submission, model, tools } = context;
  try {
    const { film, lengthS = Infinity } = await describeFilm(reel, submission.options, tools);
    const { splitSeconds = Infinity } = submission;
    const isSplit = lengthS > splitSeconds;
    const job = jobOf(reel, isSplit ? { ...film, splitSeconds } : film, context);
    return await enqueue(reel, job, jobIdOf(job, model.identity), context);
  } catch (error) {
    if (!(error instanceof AppError) || isOfAll(error)) throw error;
    return { input: reel.path, output: reel.name, jobId: undefined, state: 'refused', fault: error };
  }
}

function isOfAll({ code }: AppError): boolean {
  return code === 'QUEUE_UNAVAILABLE' || code === 'STORAGE_UNAVAILABLE' || code === 'INTERRUPTED';
}

function jobOf(
  { name }: PlannedReel,
  film: Pick<ReelJob, 'input' | 'frames' | 'splitSeconds'>,
  { submission, model }: Context,
): ReelJob {
  const withoutStyle = { ...submission.options, style: undefined }; // its photo travels
  const { model: asked, embedding, ...rest } = withoutStyle;
  const options = Object.entries({
    ...withDefaults(rest),
    ...(model.files.model === undefined && asked !== undefined && { model: asked }),
    ...(model.files.embedding === undefined && embedding !== undefined && { embedding }),
  }).filter((entry): entry is [string, string | number | boolean] => isPlain(entry[1]));
  return {
    version: packageVersion,
    ...film,
    output: { folder: submission.folder, name, overwrite: submission.overwrite },
    options: Object.fromEntries(options),
    files: model.files,
  };
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

async function enqueue(
  { path, name }: PlannedReel,
  job: ReelJob,
  id: string,
  { submission, output, tools: { queue } }: Context,
): Promise<SubmittedFilm> {
  const film = { input: path, output: outputText(job), jobId: id, fault: undefined };
  const found = await output.find(name);
  if (found?.jobId === id) return { ...film, state: 'finished before' };
  if (found !== undefined && !submission.overwrite) return refused(film, existing(name));
  const known = (await queue.find([id])).get(id);
  if (known?.state === 'failed') return { ...film, state: 'parked' };
  if (known?.state === 'finished') await queue.forget(id); // its output is gone
  const [added] = await queue.add(capabilityOf(job), [newJob(job, id, submission)]);
  if (added?.holder !== undefined) return refused(film, held(name, added.holder));
  return { ...film, state: added?.isNew === true ? 'queued' : 'queued before' };
}

function newJob(job: ReelJob, id: string, { attempts, priority }: Submission): NewJob {
  return { id, data: job, output: fingerprintOf(outputText(job)), attempts, backoffMs, priority };
}

/** Every machine has a CPU; only the named devices need more. */
function capabilityOf({ options: { device } }: ReelJob): Capability {
  return device === undefined || device === 'auto' || device === 'cpu' ? 'cpu' : 'gpu';
}

function refused(film: Omit<SubmittedFilm, 'state'>, fault: AppError): SubmittedFilm {
  return { ...film, state: 'refused', fault };
}

function existing(name: string): AppError {
  return new AppError(
    'OUTPUT_EXISTS',
    `${name} exists, and was made with other settings or by another program`,
    {
      cure: 'add -y to replace it, or name another folder with -o',
    },
  );
}

function held(name: string, holder: string): AppError {
  return new AppError(
    'OUTPUT_EXISTS',
    `${name}: the film ${shortId(holder)} on the queue will have this name, too`,
    {
      cure: `wait for it, cancel it with chromafeed queue cancel ${shortId(holder)}, or name another folder with -o`,
    },
  );
}

async function storeFiles({ local }: JobModel, output: OutputStore): Promise<void> {
  for (const { path, sha256 } of local) await output.putFile(path, sha256);
}
