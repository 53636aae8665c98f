import { loadFarmConfig, type FarmConfig } from '../../farm/config/farm-config.ts';
import type { FarmEngine } from '../../farm/engine/engine.ts';
import { loadEngine } from '../../farm/engine/load-engine.ts';
import { openQueue } from '../../farm/engine/open-queue.ts';
import { Storages } from '../../farm/storage/storages.ts';
import type { Reporter } from '../../log/reporter.ts';
import type { FarmCliOptions } from './farm-options.ts';

/** What the commands of the farm work with. */
export interface OpenFarm extends AsyncDisposable {
  readonly config: FarmConfig;
  readonly queue: FarmEngine;
  readonly storages: Storages;
}

/** Shortest time between two warnings about a lost connection, ms. */
const warnEveryMs = 10_000;

/**
 * Reads the config and connects to the queue.
 * @throws {AppError} USAGE, CONFIG_INVALID, QUEUE_UNAVAILABLE
 */
export async function openFarm(
  { redis, config: file }: FarmCliOptions,
  reporter: Pick<Reporter, 'warn'>,
): Promise<OpenFarm> {
  const engine = await loadEngine();
  const config = await loadFarmConfig(file);
  let lastMs = -Infinity;
  const onError = ({ message }: Error): void => {
    const now = performance.now();
    if (now - lastMs < warnEveryMs) return;
    lastMs = now;
    reporter.warn(`the connection to the queue is lost and will be made again: ${message}`);
  };
  const queue = await openQueue(engine, { named: redis, config, onError });
  const storages = new Storages(engine, config);
  return {
    config,
    queue,
    storages,
    async [Symbol.asyncDispose]() {
      await storages[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
}
