import { Redis } from 'ioredis';
import type { EngineErrorKind, RedisSettings } from '../../../src/farm/engine/engine.ts';
import { EngineError } from './engine-error.ts';
import { singleAttempt } from './redis-client.ts';

/** BullMQ recommends Redis 6.2; Valkey's first version is 7.2. */
const oldestVersion = [6, 2] as const;

/**
 * Connects once and checks what BullMQ needs of a server: that it answers, lets this user in, is new enough, and never
 * deletes keys when its memory is full.
 * @throws {EngineError}
 */
export async function checkServer(settings: RedisSettings): Promise<void> {
  const client = new Redis(singleAttempt(settings));
  let lastError: Error | undefined;
  client.on('error', (error: Error) => (lastError ??= error));
  try {
    await client.connect();
    checkInfo(await client.info());
  } catch (error) {
    throw error instanceof EngineError ? error : explain(lastError ?? (error as Error));
  } finally {
    client.disconnect();
  }
}

/** @param info - the answer of the command INFO */
function checkInfo(info: string): void {
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = field('redis_version');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < oldestVersion[0] || (major === oldestVersion[0] && minor < oldestVersion[1]))
    throw new EngineError('version', version);
  const policy = field('maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction') throw new EngineError('eviction', policy);
}

/** Which fault a system's or server's error means. */
function explain(error: Error): EngineError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new EngineError(kindOf(code, message), message.split('\n')[0] ?? '', error);
}

function kindOf(code: string, message: string): EngineErrorKind {
  if (/^(?:WRONGPASS|NOAUTH|ERR invalid password|ERR AUTH)/.test(message)) return 'password';
  if (/^NOPERM/.test(message)) return 'forbidden';
  if (/CERT|TLS|SSL|SELF_SIGNED|EPROTO/.test(code) || /certificate|ssl|tls/i.test(message)) return 'tls';
  return 'unreachable';
}
