/** Films go through a real Redis server and real workers, and come out as `file` makes them. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { hashToken } from '../../src/config/token-hash.ts';
import { Farm, filmOptions } from '../helpers/farm.ts';
import { frameSums, runProgram, startProgramWith } from '../helpers/program.ts';
import { missingRedis } from '../helpers/redis-server.ts';
import { startServe } from '../helpers/serve.ts';

const serial = missingRedis === undefined ? test.serial : test.serial.skip;
let farm: Farm;

test.before(async () => {
  if (missingRedis !== undefined) return;
  farm = await Farm.open();
  await farm.makeFilm('a.mkv', 2);
  await farm.makeFilm('b.mkv', 2);
  await writeFile(join(farm.films, 'poison.mkv'), 'this is no film');
  await writeFile(join(farm.films, 'photo.jpg'), 'a picture');
});

test.after.always(() => (missingRedis === undefined ? farm[Symbol.asyncDispose]() : undefined));

serial('submit queues the films of a folder, refuses what is no film, and leaves pictures out', async (t) => {
  const { code, stderr } = await farm.submit(farm.films, '-o', farm.out, ...filmOptions);
  t.is(code, 1, stderr);
  t.regex(stderr, /a\.mkv -> .*out\/a\.mkv: queued\n/);
  t.regex(stderr, /poison\.mkv: .*\n/);
  t.regex(stderr, /left out: .*photo\.jpg \(a picture: chromafeed file\)/);
  t.regex(stderr, /3 films: 2 queued, 1 refused\n$/);
  await rm(join(farm.films, 'poison.mkv'));
});

serial('the same command again queues nothing twice', async (t) => {
  const { code, stderr } = await farm.submit(farm.films, '-o', farm.out, ...filmOptions);
  t.is(code, 0, stderr);
  t.regex(stderr, /2 films: 2 queued before\n$/);
  t.is((await farm.list()).length, 2);
});

serial('other settings for the same output are refused while the first film waits', async (t) => {
  const { code, stderr } = await farm.submit(
    join(farm.films, 'a.mkv'),
    ...['-o', farm.out, ...filmOptions, '--saturation', '0.5'],
  );
  t.is(code, 6, stderr);
  t.regex(stderr, /the film [0-9a-f]{8} on the queue will have this name, too; .*queue cancel/);
});

serial('queue pauses, resumes, reorders and cancels films', async (t) => {
  const [first, second] = await farm.list();
  t.is((await farm.run('queue', 'pause')).code, 0);
  t.regex(
    (await farm.run('queue')).stdout,
    /paused: 0 being made, 2 waiting, 0 parked, 0 finished, 0 workers/,
  );
  t.is((await farm.run('queue', 'resume')).code, 0);
  await farm.run('queue', 'priority', '1', second?.id ?? '');
  t.is((await farm.list())[0]?.id, second?.id);
  t.is((await farm.run('queue', 'cancel', first?.id.slice(5, 13) ?? '')).code, 0);
  t.deepEqual(
    (await farm.list()).map(({ id }) => id),
    [second?.id],
  );
  t.is((await farm.run('queue', 'cancel', 'ffffffff')).code, 2);
  await farm.submit(farm.films, '-o', farm.out, ...filmOptions);
  t.is((await farm.list()).length, 2);
});

serial(
  'a worker makes the films that file makes, frame by frame, and leaves nothing else in the folder',
  async (t) => {
    const worker = await farm.workUntilEmpty();
    t.is(worker.code, 0, worker.stderr);
    t.regex(worker.stderr, /2 films finished, 0 failed/);
    t.deepEqual((await readdir(farm.out)).sort(), ['a.mkv', 'b.mkv']);
    const alone = join(farm.folder, 'alone.mkv');
    await runProgram('file', join(farm.films, 'a.mkv'), '-o', alone, ...filmOptions);
    t.deepEqual(await frameSums(join(farm.out, 'a.mkv')), await frameSums(alone));
  },
);

serial('after Redis has lost everything, submit queues only what is not finished', async (t) => {
  await farm.redis.kill();
  await farm.redis.loseData();
  await farm.redis.run();
  t.deepEqual(await farm.list(), []);
  await rm(join(farm.out, 'b.mkv'));
  const { code, stderr } = await farm.submit(farm.films, '-o', farm.out, ...filmOptions);
  t.is(code, 0, stderr);
  t.regex(stderr, /a\.mkv: finished before\n/);
  t.regex(stderr, /2 films: 1 queued, 1 finished before\n$/);
});

serial('a film whose output was deleted is made again, and --wait says when it is there', async (t) => {
  const waiting = farm.submit(farm.films, '-o', farm.out, '--wait', ...filmOptions);
  const worker = farm.workUntilEmpty(); // its start takes longer than submitting
  const waited = await waiting;
  t.is(waited.code, 0, waited.stderr);
  t.regex(waited.stderr, /b\.mkv: finished\n$/);
  t.true(existsSync(join(farm.out, 'b.mkv')));
  t.is((await worker).code, 0);
});

serial('an output that was made with other settings is kept, unless -y replaces it', async (t) => {
  const args = [join(farm.films, 'a.mkv'), '-o', farm.out, ...filmOptions, '--saturation', '0.5'];
  const kept = await farm.submit(...args);
  t.is(kept.code, 6);
  t.regex(kept.stderr, /a\.mkv exists, and was made with other settings or by another program/);
  const replaced = await farm.submit(...args, '-y');
  t.is(replaced.code, 0, replaced.stderr);
});

serial(
  'a film that no attempt can read is parked with its error and log, and retry tries again',
  async (t) => {
    const film = await farm.makeFilm('c.mkv', 1);
    await farm.submit(film, '-o', farm.out, '--attempts', '1', ...filmOptions);
    await rm(film);
    const worker = await farm.workUntilEmpty();
    t.is(worker.code, 1, worker.stderr);
    const parked = (await farm.list()).find(({ state }) => state === 'failed');
    t.regex(parked?.failure ?? '', /^INPUT_MISSING: .*c\.mkv: can't be read on this machine/);
    const shown = await farm.run('queue', 'show', parked?.id ?? '', '--json');
    t.regex((JSON.parse(shown.stdout) as { log: string[] }).log.join('\n'), /INPUT_MISSING/);
    t.true(existsSync(join(farm.out, 'a.mkv')), 'the other film was made');
    t.regex((await farm.run('queue', 'retry')).stdout, /1 film will be tried again/);
    t.like(
      (await farm.list()).find(({ id }) => id === parked?.id),
      { state: 'waiting', attempts: 0 },
    );
  },
);

serial('queue --serve shows the films as a page, as metrics and as JSON', async (t) => {
  const { child, end } = startProgramWith(
    { CHROMAFEED_REDIS: farm.redis.url },
    ...['queue', '--serve', '0', '--config', farm.config],
  );
  const [printed] = (await once(child.stdout ?? child, 'data')) as [string];
  const url = /http:\S+/.exec(printed)?.[0] ?? '';
  const text = async (path: string): Promise<string> => (await fetch(new URL(path, url))).text();
  t.regex(await text('/'), /<td>[^<]*out\/b\.mkv \([0-9a-f]{8}\)<\/td><td>finished<\/td><td>100 %<\/td>/);
  t.regex(await text('/metrics'), /^chromafeed_farm_films\{state="finished"\} \d+$/m);
  t.is((JSON.parse(await text('/status.json')) as { counts: { failed: number } }).counts.failed, 0);
  for (const sheet of ['/style.css', '/films.css']) t.is((await fetch(new URL(sheet, url))).status, 200);
  child.kill('SIGTERM');
  t.is((await end).code, 0);
});

serial(
  "the dashboard of serve shows the films to administrators, where the config names the farm's",
  async (t) => {
    const farmConfig = join(farm.folder, 'dashboard.yaml');
    await writeFile(farmConfig, `redis: { url: '${farm.redis.url}' }\n`);
    const [admin, viewer] = ['the-token-of-the-administrator', 'the-token-of-a-viewer'];
    const users = [
      { name: 'root', tokenHash: hashToken(admin), admin: true },
      { name: 'anna', tokenHash: hashToken(viewer) },
    ];
    const config = { server: { users }, engine: { model: 'starter' }, farm: { config: farmConfig } };
    await using served = await startServe(JSON.stringify(config));
    const get = (path: string, token?: string): Promise<Response> =>
      fetch(new URL(path, served.url), {
        redirect: 'manual',
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
    const page = await get('films', admin);
    t.is(page.status, 200);
    t.regex(await page.text(), /<td>[^<]*out\/b\.mkv \([0-9a-f]{8}\)<\/td><td>finished<\/td>/);
    const { films } = (await (await get('films.json', admin)).json()) as { films: { output: string }[] };
    t.true(films.some(({ output }) => output.endsWith('out/b.mkv')));
    t.is((await get('films', viewer)).status, 403);
    t.is((await get('films.json')).status, 401);
    t.is((await get('films')).headers.get('location'), '/login.html');
    await farm.redis.kill();
    t.is((await get('films', admin)).status, 503);
    await farm.redis.run();
  },
);
