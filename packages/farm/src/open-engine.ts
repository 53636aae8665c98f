import type { EngineSettings, FarmEngine } from '../../../src/farm/engine/engine.ts';
import { BullEngine } from './bull-engine.ts';
import { checkServer } from './check-server.ts';

/**
 * Connects to Redis or Valkey.
 * @returns the queue of films, which the caller owns and disposes of
 * @throws {EngineError} when the server cannot be used
 */
export async function openEngine(settings: EngineSettings): Promise<FarmEngine> {
  await checkServer(settings.redis);
  return new BullEngine(settings);
}
