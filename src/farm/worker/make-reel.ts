/** One attempt at one film: in one piece, or its parts are put on the queue and joined later. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sha256File } from '../../files/fingerprint.ts';
import type { JobTurn } from '../engine/engine.ts';
import type { ReelJob, ReelResult } from '../jobs/reel-job.ts';
import type { OutputStore, PartsStore } from '../storage/output-store.ts';
import type { PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import { workPath } from '../../stream/film/resume/work-folder.ts';
import { runChild, type ChildWork } from './ask-child.ts';
import type { ChildResult, ReelTask } from './child-messages.ts';
import { openParts, type ReelParts } from './reel-parts.ts';
import { isStop, ReelFailure } from './reel-process.ts';
import { isUnfit, type ReelTools } from './reel-tools.ts';

/**
 * Makes the film and publishes it.
 * @returns `waits for parts`: they are on the queue now, and the film is joined when they have ended;
 *   `left to others`: this machine was found unfit for the film's plan a short time ago
 * @throws what prevented it; unfinished work stays in the storage
 */
export async function makeReel(
  turn: JobTurn,
  job: ReelJob,
  tools: ReelTools,
): Promise<ReelResult | 'waits for parts' | 'left to others'> {
  const store = tools.storages.output(job.output.folder);
  const found = await store.find(job.output.name);
  if (found?.jobId === turn.id) return resultOf(undefined, { bytes: 0, sha256: '' }); // the queue had lost that it was done
  const work: ChildWork = { filmId: turn.id, job, turn };
  const parts = await openParts(work, store, tools);
  // Any machine can put the parts on the queue; only one like that of the plan can join them.
  if ((await parts?.addMissing()) === true) return 'waits for parts';
  if (parts !== undefined && isUnfit(tools, turn.id)) return 'left to others';
  const made = await publishReel(work, { store, parts, tools });
  return parts === undefined ? made : { ...made, resumedFrames: 0, parts: parts.plan.parts.length };
}

interface Publishing {
  readonly store: OutputStore;
  readonly parts: ReelParts | undefined;
  readonly tools: ReelTools;
}

async function publishReel(work: ChildWork, { store, parts, tools }: Publishing): Promise<ReelResult> {
  const { job, turn } = work;
  const place = await store.openWork(turn.id, turn.token);
  const path = join(place.folder, basename(job.output.name));
  try {
    await mkdir(dirname(path), { recursive: true });
    const made = await (parts === undefined
      ? runChild(work, { kind: 'film', output: path }, tools)
      : joinAll(work, { path, place: place.folder }, parts, tools));
    const file = { bytes: (await stat(path)).size, sha256: await sha256File(path) };
    if (!(await turn.holdsLock())) throw new Error('another worker has the film');
    await store.publish({ path, jobId: turn.id, bytes: file.bytes, ...job.output });
    await place.remove();
    return resultOf(made, file);
  } catch (error) {
    if (tools.draining.aborted && isStop(error) && (await turn.holdsLock())) await place.giveBack();
    throw error;
  }
}

/** Joins the parts. Those that are damaged are deleted, so that the next attempt makes them again. */
async function joinAll(
  work: ChildWork,
  { path: output, place }: { readonly path: string; readonly place: string },
  { plan, store }: { readonly plan: PartsPlan; readonly store: PartsStore },
  tools: ReelTools,
): Promise<ChildResult> {
  // Unfinished work of an earlier attempt, which may have made the film in one piece.
  await rm(workPath(output), { recursive: true, force: true });
  const folders = await store.fetchAll(plan, place);
  const task: ReelTask = { kind: 'join', plan, folders, output };
  try {
    return await runChild(work, task, tools);
  } catch (error) {
    const isDamaged = error instanceof ReelFailure && error.code === 'PART_INVALID';
    // Another worker that has the film now may have moved or joined the parts.
    if (isDamaged && (await work.turn.holdsLock())) await store.dropDamaged(plan, folders);
    throw error;
  }
}

function resultOf(made: ChildResult | undefined, file: Pick<ReelResult, 'bytes' | 'sha256'>): ReelResult {
  return {
    ...(made?.frames !== undefined && { frames: made.frames }),
    resumedFrames: made?.resumedFrames ?? 0,
    ...file,
    fps: made?.fps ?? 0,
    wallS: made?.wallS ?? 0,
    device: made?.device ?? '',
    warnings: [...(made?.warnings ?? [])],
    ...(made?.damage !== undefined && { damage: made.damage }),
  };
}
