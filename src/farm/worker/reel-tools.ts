import type { FarmEngine } from '../engine/engine.ts';
import type { ReelOptions } from '../jobs/reel-job.ts';
import type { InputCache } from '../storage/input-cache.ts';
import type { Storages } from '../storage/storages.ts';
import type { ReelProcess } from './reel-process.ts';

/** What an attempt works with. */
export interface ReelTools {
  readonly queue: FarmEngine;
  readonly storages: Storages;
  readonly cache: InputCache;
  readonly child: ReelProcess;
  /** For films whose job leaves the device open. */
  readonly device: ReelOptions['device'];
  /** Stops the worker: the film is given back. */
  readonly draining: AbortSignal;
  /** Ids of films whose parts this machine can't make, with the time until which it does not try again, ms. */
  readonly unfit: Map<string, number>;
}

/** Whether this machine was found unfit for the parts of a film a short time ago. @param filmId - of the film's job */
export function isUnfit({ unfit }: Pick<ReelTools, 'unfit'>, filmId: string): boolean {
  return performance.now() < (unfit.get(filmId) ?? 0);
}
