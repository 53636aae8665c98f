/** How the commands of the farm find Redis, and what they say if it cannot be used. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runProgram, runProgramWith } from '../helpers/program.ts';
import { freePort, missingRedis, RedisServer } from '../helpers/redis-server.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const withRedis = missingRedis === undefined ? test : test.skip;

test('an address with a password is refused as an argument, and is not repeated', async (t) => {
  const { code, stderr } = await runProgram('queue', '--redis', 'redis://me:hush-hush@127.0.0.1');
  t.is(code, 2);
  t.regex(stderr, /without user and password, because everyone on this machine can read arguments/);
  t.notRegex(stderr, /hush/);
});

test('without an address, the commands say where to put one', async (t) => {
  const { code, stderr } = await runProgramWith(
    { XDG_CONFIG_HOME: await tempFolder(t), CHROMAFEED_REDIS: '' },
    'queue',
  );
  t.is(code, 2);
  t.regex(stderr, /--redis redis:\/\/HOST, CHROMAFEED_REDIS, or redis\.url/);
});

test('a faulty address is not repeated, because it may contain a password', async (t) => {
  const { code, stderr } = await runProgramWith({ CHROMAFEED_REDIS: 'http://me:hush-hush@host' }, 'queue');
  t.is(code, 2);
  t.regex(stderr, /CHROMAFEED_REDIS: expected redis:\/\/HOST/);
  t.notRegex(stderr, /hush/);
});

test('a server that does not answer is named, with exit code 7', async (t) => {
  const port = await freePort();
  const { code, stderr } = await runProgram('queue', '--redis', `redis://127.0.0.1:${port}`);
  t.is(code, 7);
  t.regex(
    stderr,
    new RegExp(`redis://127\\.0\\.0\\.1:${port}: the server can't be reached \\(.*ECONNREFUSED`),
  );
});

test('faults of the config have their lines, and never repeat a password', async (t) => {
  const path = join(await tempFolder(t), 'farm.yaml');
  await writeFile(path, 'redis:\n  pasword: hush-hush\nstorage:\n  cacheGB: none\n');
  const { code, stderr } = await runProgram('queue', '--config', path);
  t.is(code, 2);
  t.regex(stderr, /farm\.yaml:2:3: redis\.pasword: unknown key.*password/);
  t.regex(stderr, /farm\.yaml:4:12: storage\.cacheGB: expected a number/);
  t.notRegex(stderr, /hush/);
});

withRedis('a password comes from the config, and a wrong one is refused in words', async (t) => {
  await using redis = await RedisServer.start('--requirepass', 'hush-hush');
  const path = join(await tempFolder(t), 'farm.yaml');
  const config = (password: string): Promise<void> =>
    writeFile(path, `redis: { url: '${redis.url}', password: ${password} }\n`);
  await config('hush-hush');
  const right = await runProgram('queue', '--config', path);
  t.is(right.code, 0, right.stderr);
  t.regex(right.stdout, /0 being made, 0 waiting, 0 parked, 0 finished, 0 workers/);
  await config('another-one');
  const wrong = await runProgram('queue', '--config', path);
  t.is(wrong.code, 7);
  t.regex(
    wrong.stderr,
    /expected the password of the server but the server refuses the given one \(WRONGPASS/,
  );
  t.notRegex(wrong.stderr, /another-one/);
  const none = await runProgram('queue', '--redis', redis.url);
  t.is(none.code, 7);
  t.regex(none.stderr, /NOAUTH/);
});

withRedis('a server that would delete films when its memory is full is refused', async (t) => {
  await using redis = await RedisServer.start('--maxmemory-policy', 'allkeys-lru');
  const { code, stderr } = await runProgram('queue', '--redis', redis.url);
  t.is(code, 7);
  t.regex(stderr, /expected maxmemory-policy noeviction but got allkeys-lru/);
  t.regex(stderr, /redis-cli config set maxmemory-policy noeviction/);
});
