import { once } from 'node:events';
import type { RedisSettings } from '../../../src/farm/engine/engine.ts';
import type { LeaseStore, LeaseStoreSettings } from '../../../src/stream/serve/cluster/lease-store.ts';
import { checkServer } from './check-server.ts';
import { EngineError } from './engine-error.ts';
import { impatientClient } from './redis-client.ts';
import { RedisLeases } from './redis-leases.ts';

/**
 * Opens the leases of cameras. A server that does not answer is no fault here, because cameras must start without it.
 * @returns the store, which the caller owns and disposes of
 * @throws {EngineError} when the server answers but cannot be used
 */
export async function openLeases({
  redis,
  group,
  timeoutMs,
  onError,
}: LeaseStoreSettings & { readonly redis: RedisSettings }): Promise<LeaseStore> {
  try {
    await checkServer(redis);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'unreachable') throw error;
  }
  const client = impatientClient(redis, timeoutMs, onError);
  await once(client, 'ready', { signal: AbortSignal.timeout(timeoutMs) }).catch(() => undefined); // onError has it
  return new RedisLeases(client, group);
}
