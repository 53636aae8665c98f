import type { FarmConfig } from '../config/farm-config.ts';
import { redisSettings } from '../config/redis-settings.ts';
import type { EngineModule, FarmEngine } from './engine.ts';
import { redisFault } from './engine-faults.ts';

/**
 * Connects to the queue.
 * @param named - of the option `--redis`
 * @param onError - gets the errors of a connection that was lost
 * @returns the queue, which the caller disposes of
 * @throws {AppError} USAGE, QUEUE_UNAVAILABLE
 */
export async function openQueue(
  engine: EngineModule,
  {
    named,
    config,
    onError,
  }: {
    readonly named: string | undefined;
    readonly config: FarmConfig;
    readonly onError: (error: Error) => void;
  },
): Promise<FarmEngine> {
  const redis = redisSettings(named, config);
  try {
    return await engine.openEngine({ redis, onError });
  } catch (error) {
    throw redisFault(error, redis);
  }
}
