import type { FarmEngine, JobView } from '../engine/engine.ts';

/** The parts of a film that is made in parts. */
export interface PartsStatus {
  readonly finished: number;
  readonly total: number;
}

/** A film's job, with what its parts add to it. */
export interface SummedJob {
  readonly view: JobView;
  /** undefined: the film is made in one piece, or is not yet planned. */
  readonly parts: PartsStatus | undefined;
}

/** The parts of jobs, by their ids. */
export async function findParts(
  queue: FarmEngine,
  jobs: Iterable<JobView>,
): Promise<ReadonlyMap<string, JobView>> {
  const ids = [...jobs].flatMap(({ progress }) => progress?.parts?.open.map(({ id }) => id) ?? []);
  return ids.length === 0 ? new Map() : queue.find(ids);
}

/**
 * Adds the progress of the parts to that of their film: its frames and speed are theirs, and it is being made when one
 * of them is.
 * @param parts - that are on the queue; finished ones are not
 */
export function withParts(view: JobView, parts: ReadonlyMap<string, JobView>): SummedJob {
  const { progress, state } = view;
  if (progress?.parts === undefined || (state !== 'waiting' && state !== 'active'))
    return { view, parts: undefined };
  const { open, total } = progress.parts;
  const left = open.flatMap(({ id }) => parts.get(id) ?? []);
  const active = left.filter((part) => part.state === 'active');
  const done = open.filter(({ id }) => parts.get(id) === undefined);
  const sum = (values: readonly number[]): number => values.reduce((before, value) => before + value, 0);
  const frames =
    progress.frames +
    sum(done.map((part) => part.frames)) +
    sum(active.map((part) => part.progress?.frames ?? 0));
  const workers = active.flatMap(({ worker }) => worker ?? []);
  return {
    view: {
      ...view,
      state: active.length > 0 ? 'active' : state,
      progress: { ...progress, frames, fps: sum(active.map((part) => part.progress?.fps ?? 0)) },
      stalls: view.stalls + sum(left.map(({ stalls }) => stalls)),
      ...(workers.length > 0 && { worker: workers.join(' ') }),
    },
    parts: { finished: total - left.length, total },
  };
}
