import type { ClusterConfig } from '../../config/schema.ts';
import { AppError } from '../../errors.ts';
import { readCa } from '../../files/read-ca.ts';
import type { LeaseStore, LeaseStoreSettings } from '../../stream/serve/cluster/lease-store.ts';
import { redisSettings, redisVariable } from '../config/redis-settings.ts';
import { redisFault } from '../engine/engine-faults.ts';
import { loadEngine } from '../engine/load-engine.ts';

/**
 * Connects to the Redis in which machines agree who has which camera. A server that does not answer now is no fault.
 * @throws {AppError} USAGE, INPUT_MISSING; QUEUE_UNAVAILABLE if the server refuses the password, TLS or this version
 */
export async function openLeases(cluster: ClusterConfig, settings: LeaseStoreSettings): Promise<LeaseStore> {
  const { ca, ...redis } = cluster.redis;
  if (redis.url === undefined && !process.env[redisVariable])
    throw new AppError('USAGE', 'cluster.redis.url: expected the address of Redis or Valkey but got none', {
      cure: `set cluster.redis.url in the config, or ${redisVariable}`,
    });
  const authority = ca === undefined ? undefined : await readCa(ca, 'cluster.redis.ca');
  const address = redisSettings(undefined, {
    redis: { ...redis, ...(authority !== undefined && { ca: authority }) },
  });
  const engine = await loadEngine();
  try {
    return await engine.openLeases({ ...settings, redis: address });
  } catch (error) {
    throw redisFault(error, address);
  }
}
