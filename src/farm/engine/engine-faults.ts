/** Puts the faults of Redis and of the object storage into words. */
import { AppError, type ErrorCode } from '../../errors.ts';
import type { EngineErrorKind, RedisSettings } from './engine.ts';

/** A fault that `@chromafeed/farm` throws; it has its own class there. */
export interface EngineFault extends Error {
  readonly kind: EngineErrorKind;
}

/** Whether an error is a fault of the engine. */
export function isEngineFault(error: unknown): error is EngineFault {
  return error instanceof Error && error.name === 'EngineError' && 'kind' in error;
}

/** The server as it may be shown: without user and password. */
export function redisAddress({ host, port, db, tls }: RedisSettings): string {
  return `${tls === undefined ? 'redis' : 'rediss'}://${host}:${port}${db === 0 ? '' : `/${db}`}`;
}

/** Explains why Redis cannot be used; any other error stays as it is. */
export function redisFault(error: unknown, settings: RedisSettings): unknown {
  if (!isEngineFault(error)) return error;
  const { text, cure } = redisWords(error, settings);
  return new AppError('QUEUE_UNAVAILABLE', `${redisAddress(settings)}: ${text}`, { cure, cause: error });
}

function redisWords({ kind, message }: EngineFault, { user }: RedisSettings): { text: string; cure: string } {
  switch (kind) {
    case 'password':
      return {
        text: `expected the password of ${user === undefined ? 'the server' : `the user ${user}`} but the server refuses the given one (${message})`,
        cure: 'set redis.user and redis.password in the config of the farm, or use CHROMAFEED_REDIS',
      };
    case 'forbidden':
      return {
        text: `the user may not do what the queue needs (${message})`,
        cure: 'give the user the rights ~* &* +@all in this database (ACL SETUSER)',
      };
    case 'tls':
      return {
        text: `no TLS connection (${message})`,
        cure: 'use rediss:// only if the server has TLS, and name its certificate authority as redis.ca in the config',
      };
    case 'version':
      return {
        text: `expected Redis 6.2 or newer, or Valkey, but got version ${message}`,
        cure: 'install a newer server',
      };
    case 'eviction':
      return {
        text: `expected maxmemory-policy noeviction but got ${message}, with which the server deletes films from the queue when its memory is full`,
        cure: 'set it in redis.conf, and now with: redis-cli config set maxmemory-policy noeviction',
      };
    default:
      return {
        text: `the server can't be reached (${message})`,
        cure: 'start Redis or Valkey, and check the address, the port and the firewall',
      };
  }
}

/** Explains why the object storage cannot be used; any other error stays as it is. */
export function storageFault(error: unknown): unknown {
  if (!isEngineFault(error)) return error;
  const [code, cure] = storageCures[error.kind] ?? ['STORAGE_UNAVAILABLE', 'check storage.s3 in the config'];
  return new AppError(code, error.message, { cure, cause: error });
}

const storageCures: Partial<Record<EngineErrorKind, readonly [ErrorCode, string]>> = {
  'no object': ['INPUT_MISSING', 'check the name'],
  'no bucket': ['INPUT_MISSING', 'check the name of the bucket'],
  changed: ['INPUT_MISSING', 'the object has changed since the film was submitted: submit it again'],
  password: ['STORAGE_UNAVAILABLE', 'check the keys in storage.s3, and what they may do in this bucket'],
  unreachable: ['STORAGE_UNAVAILABLE', 'check storage.s3.endpoint, and whether the storage runs'],
};
