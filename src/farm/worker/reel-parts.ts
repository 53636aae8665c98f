/** The parts of a film on the queue: planned once, added until all are finished. */
import { packageVersion } from '../../version.ts';
import { partIdOf } from '../jobs/job-id.ts';
import type { PartJob } from '../jobs/part-job.ts';
import type { JobProgress } from '../engine/engine.ts';
import type { OutputStore, PartsStore } from '../storage/output-store.ts';
import type { PartPlan, PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import { planChild, type ChildWork } from './ask-child.ts';
import { PoisonedFilm } from './poisoned-film.ts';
import type { ReelTools } from './reel-tools.ts';

/** A film that has a plan with several parts. */
export interface ReelParts {
  readonly plan: PartsPlan;
  readonly store: PartsStore;
  /** Puts those on the queue that are not finished. @returns whether there are any */
  addMissing(): Promise<boolean>;
}

/**
 * Reads the plan of a film, or makes it.
 * @returns undefined when the film is made in one piece: it is not to be split, or has no hard cut to split it at
 * @throws as `planChild`; PoisonedFilm, by `addMissing`, when parts have failed for good
 */
export async function openParts(
  work: ChildWork,
  output: OutputStore,
  tools: ReelTools,
): Promise<ReelParts | undefined> {
  const { splitSeconds, output: asked } = work.job;
  if (splitSeconds === undefined) return undefined;
  const store = output.parts(work.filmId);
  const task = { kind: 'plan', output: asked.name, splitSeconds } as const;
  const plan = (await store.readPlan()) ?? (await planned(await planChild(work, task, tools), work, store));
  if (plan.parts.length === 1) return undefined;
  return { plan, store, addMissing: () => addMissing(work, { plan, store, tools }) };
}

/** Keeps a new plan, if the film still belongs to this worker. */
async function planned(plan: PartsPlan, { turn }: ChildWork, store: PartsStore): Promise<PartsPlan> {
  if (!(await turn.holdsLock())) throw new Error('another worker has the film');
  await store.writePlan(plan);
  return plan;
}

interface Adding {
  readonly plan: PartsPlan;
  readonly store: PartsStore;
  readonly tools: ReelTools;
}

async function addMissing(work: ChildWork, adding: Adding): Promise<boolean> {
  const { turn } = work;
  const { plan, store } = adding;
  const missing = new Set(await store.missing(plan));
  const open = plan.parts
    .filter(({ number }) => missing.has(number))
    .map((part) => ({ part, id: partIdOf(work.filmId, plan, part) }));
  await parkIfFailed(work, open, adding);
  turn.signal.throwIfAborted();
  if (open.length > 0)
    await turn.addParts(open.map(({ part, id }) => ({ id, data: dataOf(part, work, plan) })));
  await parkIfFailed(work, open, adding); // a part of an earlier attempt may have failed in between; nothing would wake the film
  // After that: a part that is not on the queue counts as finished.
  await turn.progress(progressOf(plan, open, true));
  return open.length > 0;
}

interface OpenPart {
  readonly part: PartPlan;
  readonly id: string;
}

/** Parts that failed for good park the film. They leave the queue, so that a retry of the film adds them again. */
async function parkIfFailed(
  { turn }: ChildWork,
  open: readonly OpenPart[],
  { plan, tools: { queue } }: Adding,
): Promise<void> {
  const found = await queue.find(open.map(({ id }) => id));
  const failed = open.filter(({ id }) => found.get(id)?.state === 'failed');
  const [first] = failed;
  if (first === undefined) return;
  await turn.progress(progressOf(plan, open, false));
  const reason = found.get(first.id)?.failure ?? 'it failed';
  for (const { part, id } of failed) {
    const name = `part ${part.number + 1} of ${plan.parts.length}`;
    for (const line of (await queue.logs(id)).slice(-20)) await turn.log(`${name}: ${line}`);
    await queue.forget(id);
  }
  throw new PoisonedFilm(`part ${first.part.number + 1} of ${plan.parts.length}: ${reason}`);
}

/** @param areQueued - whether the open parts are on the queue, so that their progress counts */
function progressOf(plan: PartsPlan, open: readonly OpenPart[], areQueued: boolean): JobProgress {
  const parts = { total: plan.parts.length, open: open.map(({ part, id }) => ({ id, frames: part.frames })) };
  return {
    frames: plan.frames - open.reduce((sum, { part }) => sum + part.frames, 0),
    totalFrames: plan.frames,
    fps: 0,
    ...(areQueued && { parts }),
  };
}

function dataOf({ number }: PartPlan, { filmId, job }: ChildWork, plan: PartsPlan): PartJob {
  return {
    version: packageVersion,
    film: filmId,
    reel: job,
    plan: plan.fingerprint,
    number,
    total: plan.parts.length,
  };
}
