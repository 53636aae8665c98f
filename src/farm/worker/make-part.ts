/** One attempt at one part of a film: from the queue's job to the part in the storage. */
import { join } from 'node:path';
import type { JobTurn } from '../engine/engine.ts';
import type { PartJob } from '../jobs/part-job.ts';
import { runChild } from './ask-child.ts';
import type { ChildResult } from './child-messages.ts';
import { isStop } from './reel-process.ts';
import type { ReelTools } from './reel-tools.ts';

/** A part that is finished. */
export interface PartResult {
  readonly number: number;
  readonly total: number;
  /** undefined: it was finished before, or nobody needs it any more. */
  readonly made: ChildResult | undefined;
}

/**
 * Makes a part, unless it is there. Its film was cancelled or published if it has no plan: then there is nothing to do.
 * @throws what prevented it; unfinished work stays in the storage
 */
export async function makePart(turn: JobTurn, job: PartJob, tools: ReelTools): Promise<PartResult> {
  const { film, reel, number, total } = job;
  const store = tools.storages.output(reel.output.folder);
  const parts = store.parts(film);
  const plan = await parts.readPlan();
  const isNeeded = plan?.fingerprint === job.plan && (await parts.missing(plan)).includes(number);
  if (plan === undefined || !isNeeded) return { number, total, made: undefined };
  const place = await store.openWork(turn.id, turn.token);
  const folder = join(place.folder, 'part');
  try {
    const work = { filmId: film, job: reel, turn };
    const made = await runChild(work, { kind: 'part', plan, number, folder }, tools);
    if (!(await turn.holdsLock())) throw new Error('another worker has the part');
    await parts.add(plan, number, folder);
    await place.remove();
    return { number, total, made };
  } catch (error) {
    if (tools.draining.aborted && isStop(error) && (await turn.holdsLock())) await place.giveBack();
    throw error;
  }
}
