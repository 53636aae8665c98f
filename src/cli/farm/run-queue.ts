import { once } from 'node:events';
import { findJobs } from '../../farm/find-jobs.ts';
import type { JobView } from '../../farm/engine/engine.ts';
import { reelJobSchema } from '../../farm/jobs/reel-job.ts';
import {
  filmStatus,
  queueStatus,
  type FilmStatus,
  type QueueStatus,
} from '../../farm/status/queue-status.ts';
import { serveStatus } from '../../farm/status/status-server.ts';
import { dropUnusedFiles } from '../../farm/worker/drop-unused-files.ts';
import { findParts } from '../../farm/status/with-parts.ts';
import { durationText } from '../../log/amount-text.ts';
import { countText } from '../../log/count-text.ts';
import { plainText } from '../../log/plain-text.ts';
import type { CommandContext, CommandStreams } from '../command-context.ts';
import { printJson } from '../reporting/print-json.ts';
import { makeReporter } from '../reporting/reporter.ts';
import { formatTable } from '../reporting/table.ts';
import type { FarmCliOptions } from './farm-options.ts';
import { openFarm, type OpenFarm } from './open-farm.ts';

type Streams = Pick<CommandContext, 'streams'>;

/** The options of `chromafeed queue`, as parsed. */
export interface QueueOptions extends FarmCliOptions {
  readonly serve?: number;
}

/** Prints the queue: films, workers, speed and time left. With `--serve` it serves them until a signal stops it. */
export async function showQueue(options: QueueOptions, { streams, signal }: CommandContext): Promise<void> {
  await using farm = await open(options, streams);
  if (options.serve !== undefined) {
    await using server = await serveStatus(farm.queue, options.serve);
    tell(options, streams, `the queue is shown at ${server.url}`, { event: 'serving', url: server.url });
    if (!signal.aborted) await once(signal, 'abort');
    return;
  }
  const status = await queueStatus(farm.queue);
  if (options.json === true) printJson(streams.stdout, { ...status });
  else print(streams, ...queueLines(status));
}

/** Prints everything about one film. */
export async function showFilm(film: string, options: FarmCliOptions, { streams }: Streams): Promise<void> {
  await using farm = await open(options, streams);
  for (const view of await findJobs(farm.queue, [film])) {
    const log = await farm.queue.logs(view.id);
    const parts = await findParts(farm.queue, [view]);
    const facts = { ...filmStatus(view, parts), result: view.result, data: view.data, log };
    if (options.json === true) printJson(streams.stdout, facts);
    else print(streams, ...JSON.stringify(facts, undefined, 2).split('\n'));
  }
}

/** No worker takes a film from now on. */
export async function pauseQueue(options: FarmCliOptions, { streams }: Streams): Promise<void> {
  await using farm = await open(options, streams);
  await farm.queue.pause();
  tell(options, streams, 'the queue is paused; chromafeed queue resume goes on', { event: 'paused' });
}

/** The workers take films again. */
export async function resumeQueue(options: FarmCliOptions, { streams }: Streams): Promise<void> {
  await using farm = await open(options, streams);
  await farm.queue.resume();
  tell(options, streams, 'the workers take films again', { event: 'resumed' });
}

/** Lets parked films run again. @param ids - none: all of them */
export async function retryFilms(
  ids: readonly string[],
  options: FarmCliOptions,
  { streams }: Streams,
): Promise<void> {
  await using farm = await open(options, streams);
  const found = ids.length === 0 ? await farm.queue.list(['failed']) : await findJobs(farm.queue, ids);
  const parked = found.filter(({ state, parent }) => state === 'failed' && parent === undefined);
  for (const { id } of parked) await farm.queue.retry(id);
  tell(options, streams, `${countText(parked.length, 'film')} will be tried again`, {
    event: 'retried',
    ids: parked.map(({ id }) => id),
  });
}

/** Removes films, and the unfinished work on those that no worker has now. */
export async function cancelFilms(
  ids: readonly string[],
  options: FarmCliOptions,
  { streams }: Streams,
): Promise<void> {
  await using farm = await open(options, streams);
  const found = await findJobs(farm.queue, ids);
  for (const view of found) {
    // A film that a worker had when it was listed may wait for its parts by now.
    const isGone = await farm.queue.cancel(view.id);
    if (isGone || view.state !== 'active') await discard(view, farm);
  }
  tell(options, streams, `${countText(found.length, 'film')} cancelled`, {
    event: 'cancelled',
    ids: found.map(({ id }) => id),
  });
}

/** Changes the order of films that wait. */
export async function setPriority(
  priority: number,
  ids: readonly string[],
  options: FarmCliOptions,
  { streams }: Streams,
): Promise<void> {
  await using farm = await open(options, streams);
  const found = await findJobs(farm.queue, ids);
  for (const { id } of found) await farm.queue.setPriority(id, priority);
  tell(options, streams, `${countText(found.length, 'film')}: priority ${priority}`, {
    event: 'priority',
    priority,
    ids: found.map(({ id }) => id),
  });
}

function open(options: FarmCliOptions, streams: CommandStreams): Promise<OpenFarm> {
  return openFarm(options, makeReporter(options, streams));
}

async function discard({ id, data }: JobView, { queue, storages }: OpenFarm): Promise<void> {
  const job = reelJobSchema.safeParse(data).data;
  if (job === undefined) return;
  await storages.output(job.output.folder).discard(id);
  await dropUnusedFiles(id, job, { queue, storages });
}

function tell(
  options: FarmCliOptions,
  streams: CommandStreams,
  text: string,
  event: Readonly<Record<string, unknown>>,
): void {
  if (options.json === true) printJson(streams.stdout, event);
  else print(streams, text);
}

function print({ stdout }: CommandStreams, ...lines: readonly string[]): void {
  for (const line of lines) stdout.write(`${line}\n`);
}

/** Films that the list shows in each state. */
const shownFilms = 50;

function queueLines({ films, counts, workers, fps, leftS, isPaused }: QueueStatus): string[] {
  const { waiting, active, finished, failed } = counts;
  const shown = (['active', 'failed', 'waiting', 'finished'] as const).flatMap((state) =>
    films.filter((film) => film.state === state).slice(0, shownFilms),
  );
  const rows = shown.map((film) => [
    film.shortId,
    stateText(film),
    progressText(film),
    plainText(film.output),
  ]);
  const failures = shown
    .filter(({ failure, state }) => state === 'failed' && failure !== undefined)
    .map(({ shortId, failure = '' }) => `${shortId}: ${plainText(failure)}`);
  const speed = active === 0 ? [] : [`${fps.toFixed(1)} fps`, `${durationText(leftS)} left`];
  const total = [
    `${active} being made, ${waiting} waiting, ${failed} parked, ${finished} finished`,
    countText(workers.length, 'worker'),
    ...speed,
  ];
  return [
    ...formatTable(rows),
    ...failures,
    ...(films.length > shown.length ? [`... and ${films.length - shown.length} more`] : []),
    `${isPaused ? 'paused: ' : ''}${total.join(', ')}`,
  ];
}

function stateText({ state, attempts, mostAttempts }: FilmStatus): string {
  const words = { active: 'being made', waiting: 'waiting', failed: 'parked', finished: 'finished' };
  return attempts > 0 && state !== 'finished'
    ? `${words[state]} (${attempts} of ${mostAttempts} failed)`
    : words[state];
}

function progressText({ state, frames, totalFrames, fps, worker, parts }: FilmStatus): string {
  const done =
    totalFrames === undefined ? `${frames} frames` : `${Math.floor((100 * frames) / totalFrames)} %`;
  const inParts = parts === undefined ? '' : ` (${parts.finished} of ${parts.total} parts)`;
  if (state !== 'active') return parts === undefined ? '' : `${done}${inParts}`;
  return `${done}${inParts}, ${fps.toFixed(1)} fps, ${plainText(worker ?? '?')}`;
}
