import { Redis, type RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../../src/farm/engine/engine.ts';

/** How long one attempt to connect may take, ms. */
const connectTimeoutMs = 5000;
/** The longest pause between two attempts to connect again, ms. */
const longestPauseMs = 5000;

/** The pause between two attempts of a client that must notice soon that the server is back, ms. */
const reconnectMs = 500;

/**
 * Makes a client that connects by itself, and again whenever the connection drops.
 * @param onError - gets each failed attempt; a client without a listener would print it
 * @returns a client that the caller owns and disconnects
 */
export function redisClient(settings: RedisSettings, onError: (error: Error) => void): Redis {
  const client = new Redis({
    ...optionsOf(settings),
    maxRetriesPerRequest: null, // BullMQ requires it: a command waits until the server is back
    retryStrategy: (attempt) => Math.min(200 * 2 ** Math.min(attempt, 10), longestPauseMs),
  });
  client.on('error', onError);
  return client;
}

/**
 * Makes a client whose commands fail after a while instead of waiting for the server. It too connects again by itself.
 * @param timeoutMs - how long a command may take
 * @returns a client that the caller owns and disconnects
 */
export function impatientClient(
  settings: RedisSettings,
  timeoutMs: number,
  onError: (error: Error) => void,
): Redis {
  const client = new Redis({
    ...optionsOf(settings),
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    enableOfflineQueue: false, // a command that comes late would act on what is no longer true
    maxRetriesPerRequest: 0,
    retryStrategy: () => reconnectMs,
  });
  client.on('error', onError);
  return client;
}

/** The options of a client that tries to connect once. */
export function singleAttempt(settings: RedisSettings): RedisOptions {
  return {
    ...optionsOf(settings),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
}

function optionsOf({ host, port, db, user, password, tls }: RedisSettings): RedisOptions {
  return {
    host,
    port,
    db,
    connectTimeout: connectTimeoutMs,
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls: { ...(tls.ca !== undefined && { ca: tls.ca }), servername: host } }),
  };
}
