import { setTimeout as delay } from 'node:timers/promises';
import type { FarmEngine, JobView } from './engine/engine.ts';
import { filmStatus, framesDone, type FilmStatus } from './status/queue-status.ts';
import { findParts } from './status/with-parts.ts';

/** How the awaited films stand. */
export interface WaitState {
  readonly finished: number;
  readonly failed: number;
  readonly total: number;
  readonly frames: number;
  /** undefined as long as a length is not known */
  readonly totalFrames: number | undefined;
  /** Over all workers that have one of them. */
  readonly fps: number;
}

/** A film that ended. */
export interface EndedFilm {
  readonly status: FilmStatus;
  readonly view: JobView;
  /** `gone`: somebody cancelled it, or the queue has lost its data. */
  readonly end: 'finished' | 'failed' | 'gone';
}

/** Shortest time between two looks at the queue, ms. */
const leastPauseMs = 500;
/** Films that one look may ask for, per second. */
const filmsPerSecond = 2000;

/**
 * Waits until films have ended.
 * @param onEnd - is told about each at once
 * @param onState - is told how all stand, after each look
 */
export async function waitForFilms(
  queue: FarmEngine,
  jobIds: readonly string[],
  {
    onEnd,
    onState,
    signal,
  }: {
    readonly onEnd: (film: EndedFilm) => void;
    readonly onState: (state: WaitState) => void;
    readonly signal: AbortSignal;
  },
): Promise<EndedFilm[]> {
  const open = new Map<string, JobView>((await queue.find(jobIds)).entries());
  const ended: EndedFilm[] = [];
  while (open.size > 0) {
    signal.throwIfAborted();
    const found = await queue.find([...open.keys()]);
    const parts = await findParts(queue, found.values());
    for (const [id, before] of open) {
      const view = found.get(id);
      open.set(id, view ?? before);
      if (view?.state === 'waiting' || view?.state === 'active') continue;
      open.delete(id);
      const film = endOf(view, before);
      ended.push(film);
      onEnd(film);
    }
    onState(
      stateOf(
        [...open.values()].map((view) => filmStatus(view, parts)),
        ended,
      ),
    );
    if (open.size > 0) await pause(open.size, signal);
  }
  return ended;
}

function endOf(view: JobView | undefined, before: JobView): EndedFilm {
  const end = view === undefined ? 'gone' : view.state === 'finished' ? 'finished' : 'failed';
  return { view: view ?? before, status: filmStatus(view ?? before), end };
}

async function pause(films: number, signal: AbortSignal): Promise<void> {
  const ms = Math.max(leastPauseMs, (films / filmsPerSecond) * 1000);
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

function stateOf(open: readonly FilmStatus[], ended: readonly EndedFilm[]): WaitState {
  const films = [...open, ...ended.map(({ status }) => status)];
  const isKnown = films.every(({ totalFrames }) => totalFrames !== undefined);
  return {
    finished: ended.filter(({ end }) => end === 'finished').length,
    failed: ended.filter(({ end }) => end !== 'finished').length,
    total: films.length,
    frames: films.reduce((sum, film) => sum + framesDone(film), 0),
    totalFrames: isKnown ? films.reduce((sum, { totalFrames }) => sum + (totalFrames ?? 0), 0) : undefined,
    fps: films.reduce((sum, { state, fps }) => sum + (state === 'active' ? fps : 0), 0),
  };
}
