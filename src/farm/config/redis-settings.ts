import { AppError } from '../../errors.ts';
import type { RedisSettings } from '../engine/engine.ts';
import type { FarmConfig } from './farm-config.ts';

/** The variable with the address of Redis. */
export const redisVariable = 'CHROMAFEED_REDIS';

/**
 * Finds out where Redis is: from `--redis`, then from the environment, then from the config. User, password and
 * certificate of the config apply to the addresses of `--redis` and of the environment, too, if these have none.
 * @throws {AppError} USAGE when there is no address, it is faulty, or a password is where others can read it
 */
export function redisSettings(
  named: string | undefined,
  { redis }: Pick<FarmConfig, 'redis'>,
  env: NodeJS.ProcessEnv = process.env,
): RedisSettings {
  if (named !== undefined) return merged(checkPublic(parseAddress(named, '--redis')), redis);
  const variable = env[redisVariable];
  if (variable !== undefined && variable !== '') return merged(parseAddress(variable, redisVariable), redis);
  if (redis?.url !== undefined) return merged(parseAddress(redis.url, 'redis.url'), redis);
  throw new AppError('USAGE', 'expected the address of Redis or Valkey but got none', {
    cure: `name it with --redis redis://HOST, ${redisVariable}, or redis.url in the config (docs/farm.md)`,
  });
}

type Configured = FarmConfig['redis'];

function merged(address: RedisSettings, configured: Configured): RedisSettings {
  return {
    ...address,
    user: address.user ?? configured?.user,
    password: address.password ?? configured?.password,
    tls: address.tls === undefined ? undefined : { ca: configured?.ca },
  };
}

/** The arguments of a process are visible to every user of the machine. */
function checkPublic(address: RedisSettings): RedisSettings {
  if (address.password === undefined && address.user === undefined) return address;
  throw new AppError(
    'USAGE',
    '--redis: expected an address without user and password, because everyone on this machine can read arguments',
    { cure: `put them into the config of the farm, or use ${redisVariable}` },
  );
}

/** @param where - its name in messages; the address itself is not shown, because it may contain a password */
function parseAddress(text: string, where: string): RedisSettings {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = /^\/?(\d{1,5})?$/.exec(url?.pathname ?? '-');
  if (url === undefined || db === null || url.hostname === '' || !/^rediss?:$/.test(url.protocol))
    throw new AppError(
      'USAGE',
      `${where}: expected redis://HOST, redis://HOST:PORT/DATABASE or rediss://HOST`,
      {
        cure: 'rediss:// connects with TLS',
      },
    );
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    db: Number(db[1] ?? 0),
    ...(url.username !== '' && { user: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}
