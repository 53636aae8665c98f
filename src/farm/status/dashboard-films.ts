import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import type { FilmsView } from '../../stream/publish/films-view.ts';
import { loadFarmConfig } from '../config/farm-config.ts';
import { redisSettings } from '../config/redis-settings.ts';
import type { FarmEngine } from '../engine/engine.ts';
import { loadEngine } from '../engine/load-engine.ts';
import { openQueue } from '../engine/open-queue.ts';
import { queueStatus, type QueueStatus } from './queue-status.ts';
import { shownFinished, statusPage } from './status-page.ts';

/** How long a viewer waits for the queue, ms. */
const longestWaitMs = 5000;

/**
 * The queue of films for the dashboard of `serve`. It connects when somebody first looks, so that cameras do not wait
 * for Redis.
 * @param file - the config of the farm
 * @throws {AppError} INPUT_MISSING, CONFIG_INVALID; USAGE without an address or without `@chromafeed/farm`
 */
export async function dashboardFilms(file: string): Promise<FilmsView & AsyncDisposable> {
  const [engine, config] = await Promise.all([loadEngine(), loadFarmConfig(file)]);
  redisSettings(undefined, config);
  let opening: Promise<FarmEngine> | undefined;
  const status = async (): Promise<QueueStatus> => {
    opening ??= openQueue(engine, { named: undefined, config, onError: () => undefined });
    const queue = await opening.catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return answered(queueStatus(queue, shownFinished));
  };
  return {
    page: async () => statusPage(await status()),
    json: async () => JSON.stringify(await status()),
    async [Symbol.asyncDispose]() {
      await (await opening?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/** A connection that was lost is made again by itself; until then, commands wait. */
async function answered<T>(work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = delay(longestWaitMs, undefined, { signal: stop.signal }).then(() => {
    throw new AppError('QUEUE_UNAVAILABLE', `Redis has not answered for ${longestWaitMs / 1000} s`, {
      cure: 'check whether Redis or Valkey runs; the connection is made again by itself',
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}
