/** What the queue looks like: its films, workers, speed and time left. */
import type { Capability, FarmEngine, JobCounts, JobView, WorkerView } from '../engine/engine.ts';
import { outputText, shortId } from '../jobs/job-id.ts';
import { withParts, type PartsStatus } from './with-parts.ts';
import { reelJobSchema, reelResultSchema } from '../jobs/reel-job.ts';

/** One film in a list. */
export interface FilmStatus {
  readonly id: string;
  /** The start of the id, which commands take. */
  readonly shortId: string;
  readonly state: JobView['state'];
  readonly queue: Capability;
  readonly output: string;
  readonly priority: number;
  readonly frames: number;
  /** undefined if the film does not state its length */
  readonly totalFrames: number | undefined;
  readonly fps: number;
  readonly worker: string | undefined;
  /** Attempts that failed. */
  readonly attempts: number;
  readonly mostAttempts: number;
  /** How often its worker was lost. */
  readonly stalls: number;
  readonly failure: string | undefined;
  readonly version: string | undefined;
  /** undefined: it is made in one piece, or is not yet planned. */
  readonly parts: PartsStatus | undefined;
}

/** The whole queue. */
export interface QueueStatus {
  readonly isPaused: boolean;
  readonly counts: JobCounts;
  readonly workers: readonly WorkerView[];
  readonly films: readonly FilmStatus[];
  /** Frames per second over all workers. */
  readonly fps: number;
  /** Seconds until everything is done; undefined if the speed or a length is not known. */
  readonly leftS: number | undefined;
}

/**
 * Reads the queue.
 * @param mostFinished - finished films in the list; the newest
 */
export async function queueStatus(queue: FarmEngine, mostFinished = 10): Promise<QueueStatus> {
  const [isPaused, counts, workers, open, finished] = await Promise.all([
    queue.isPaused(),
    queue.counts(),
    queue.workers(),
    queue.list(['active', 'waiting', 'failed']),
    mostFinished > 0 ? queue.list(['finished'], mostFinished) : [],
  ]);
  const parts = new Map(open.filter(({ parent }) => parent !== undefined).map((view) => [view.id, view]));
  const films = [...open, ...finished]
    .filter(({ parent }) => parent === undefined)
    .map((view) => filmStatus(view, parts));
  const fps = films.reduce((sum, film) => sum + (film.state === 'active' ? film.fps : 0), 0);
  const count = (state: JobView['state']): number => films.filter((film) => film.state === state).length;
  const filmCounts = {
    waiting: count('waiting'),
    active: count('active'),
    failed: count('failed'),
    finished: counts.finished,
  };
  return { isPaused, counts: filmCounts, workers, films, fps, leftS: secondsLeft(films, fps) };
}

const noParts: ReadonlyMap<string, JobView> = new Map();

/**
 * Puts the job of a film into words.
 * @param partViews - the parts that are on the queue, of this film and of others
 */
export function filmStatus(asked: JobView, partViews = noParts): FilmStatus {
  const { view, parts } = withParts(asked, partViews);
  const job = reelJobSchema.safeParse(view.data).data;
  const result = reelResultSchema.safeParse(view.result).data;
  const { progress } = view;
  return {
    id: view.id,
    shortId: shortId(view.id),
    state: view.state,
    queue: view.queue,
    output: job === undefined ? '?' : outputText(job),
    priority: view.priority,
    frames: result?.frames ?? progress?.frames ?? 0,
    totalFrames: result?.frames ?? progress?.totalFrames ?? job?.frames,
    fps: result?.fps ?? progress?.fps ?? 0,
    worker: view.worker,
    attempts: view.attempts,
    mostAttempts: view.mostAttempts,
    stalls: view.stalls,
    failure: view.state === 'finished' ? undefined : view.failure,
    version: job?.version,
    parts,
  };
}

/** What an unfinished film need not do again: a film in one piece that waits tells nothing of that. */
export function framesDone({ state, frames, parts }: FilmStatus): number {
  return state === 'waiting' && parts === undefined ? 0 : frames;
}

function secondsLeft(films: readonly FilmStatus[], fps: number): number | undefined {
  const open = films.filter(({ state }) => state === 'active' || state === 'waiting');
  if (open.length === 0) return 0;
  const left = open.map((film) =>
    film.totalFrames === undefined ? undefined : Math.max(0, film.totalFrames - framesDone(film)),
  );
  if (fps <= 0) return undefined;
  const known = left.filter((frames) => frames !== undefined);
  if (known.length === 0) return undefined;
  const sum = known.reduce((total, frames) => total + frames, 0);
  return (sum * (left.length / known.length)) / fps; // a film of unknown length counts as an average one
}
