/** Workers are killed, stopped and drained, and Redis restarts, while a film is made: the film is there once and whole. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadEngine } from '../../src/farm/engine/load-engine.ts';
import { Farm, filmOptions } from '../helpers/farm.ts';
import { childrenOf, areGoneWithin } from '../helpers/processes.ts';
import { frameSums, runProgram, until, type StartedProgram } from '../helpers/program.ts';
import { missingRedis } from '../helpers/redis-server.ts';

const serial = missingRedis === undefined ? test.serial : test.serial.skip;
/** The network sees each frame, so that a film takes long enough to be interrupted. */
const options = [...filmOptions, '--network-every', '1'];
let farm: Farm;
/** What a film must become, by its name. */
const expected = new Map<string, readonly string[]>();
let film = '';
let shortFilm = '';

test.before(async () => {
  if (missingRedis !== undefined) return;
  farm = await Farm.open();
  film = await farm.makeFilm('reel.mkv', 24);
  shortFilm = await farm.makeFilm('short.mkv', 6);
  for (const made of [film, shortFilm]) {
    const alone = join(farm.folder, 'alone.mkv');
    // Long segments are faster, and the frames do not depend on them.
    await runProgram('file', made, '-o', alone, '-y', ...options, '--segment-frames', '480');
    expected.set(basename(made), await frameSums(alone));
  }
});

test.after.always(() => (missingRedis === undefined ? farm[Symbol.asyncDispose]() : undefined));

/** Submits a film to a folder of its own and starts a worker; resolves when some of the film is done. */
async function begin(name: string, input: string): Promise<StartedProgram> {
  farm.outName = name;
  await farm.submit(input, '-o', farm.out, ...options);
  const worker = farm.work();
  await until(async () => (await farm.segments()) >= 2, 'two segments are done');
  return worker;
}

/** Starts another worker, and waits until it has the film and has done more of it. */
async function takeOver(): Promise<StartedProgram> {
  const [lost] = await farm.attempts();
  const next = farm.work();
  await until(async () => !(await farm.attempts()).includes(lost ?? ''), 'another worker has the film');
  const before = await farm.segments();
  await until(async () => (await farm.segments()) > before, 'it has done one more segment');
  return next;
}

/** The film must be there once, as `file` makes it, and nothing else. */
async function checkFilm(t: ExecutionContext, name = 'reel.mkv'): Promise<void> {
  t.deepEqual(await readdir(farm.out), [name]);
  t.deepEqual(await frameSums(join(farm.out, name)), expected.get(name));
}

/** The worker that has the film of the tests after each other. */
let worker: StartedProgram;
let stopped: StartedProgram;

serial('a worker is killed with -9: its child ends too, and another worker resumes the film', async (t) => {
  const killed = await begin('out', film);
  const children = childrenOf(killed.child.pid ?? 0);
  t.is(children.length, 1);
  killed.child.kill('SIGKILL');
  t.true(await areGoneWithin(children, 2000));
  const before = await farm.segments();
  t.true(before >= 2);
  worker = await takeOver();
  t.true((await farm.segments()) > before);
});

serial('a stopped worker loses its film to another one, although its child still runs', async (t) => {
  stopped = worker;
  stopped.child.kill('SIGSTOP');
  const before = await farm.segments();
  worker = await takeOver();
  t.true((await farm.segments()) > before);
});

serial('SIGTERM gives the film back with what is done of it, and does not count as an attempt', async (t) => {
  worker.child.kill('SIGTERM');
  const end = await worker.end;
  t.is(end.code, 0, end.stderr);
  t.regex(end.stderr, /reel\.mkv: given back to the queue/);
  const [waiting] = await farm.list();
  t.like(waiting, { state: 'waiting', attempts: 0 });
  const before = await farm.segments();
  const last = await farm.workUntilEmpty();
  t.is(last.code, 0, last.stderr);
  const shown = await farm.run('queue', 'show', waiting?.id ?? '', '--json');
  const { result } = JSON.parse(shown.stdout) as { result: { resumedFrames: number } };
  t.is(result.resumedFrames, 8 * before);
  await checkFilm(t);
});

serial('the stopped worker does no harm when it goes on', async (t) => {
  stopped.child.kill('SIGCONT');
  stopped.child.kill('SIGTERM');
  const end = await stopped.end;
  t.is(end.code, 0, end.stderr);
  await checkFilm(t);
});

serial(
  'Redis is killed and comes back with its data: the worker goes on, and the film is made once',
  async (t) => {
    worker = await begin('restarted', shortFilm);
    await farm.redis.kill();
    await farm.redis.run();
    const isFinished = async (): Promise<boolean> =>
      (await farm.list()).some(({ output, state }) => output.includes('restarted') && state === 'finished');
    await until(isFinished, 'the film is finished', 100);
    await checkFilm(t, 'short.mkv');
  },
);

serial('a film that is cancelled while it is made vanishes, with the work on it', async (t) => {
  farm.outName = 'cancelled';
  await farm.submit(film, '-o', farm.out, ...options);
  await until(async () => (await farm.segments()) >= 1, 'a segment is done');
  const job = (await farm.list()).find(({ state }) => state === 'active');
  await farm.run('queue', 'cancel', job?.id ?? '');
  await until(async () => (await farm.list()).every(({ id }) => id !== job?.id), 'the film is gone', 100);
  worker.child.kill('SIGTERM');
  t.is((await worker.end).code, 0);
  t.deepEqual(await readdir(farm.out), []);
});

serial('a worker of another version gives the film back and says why', async (t) => {
  const queue = await (
    await loadEngine()
  ).openEngine({
    redis: { host: '127.0.0.1', port: farm.redis.port, db: 0 },
    onError: () => undefined,
  });
  const job = { output: 'other', attempts: 1, backoffMs: 1, priority: 1, data: { version: '9.9.9' } };
  await queue.add('cpu', [{ id: 'film-of-another-version', ...job }]);
  await queue[Symbol.asyncDispose]();
  const end = await farm.workUntilEmpty();
  t.is(end.code, 2, end.stderr);
  t.regex(
    end.stderr,
    /expected films of chromafeed \S+ but the next one was submitted by chromafeed 9\.9\.9/,
  );
  t.like(
    (await farm.list()).find(({ id }) => id === 'film-of-another-version'),
    { state: 'waiting', attempts: 0 },
  );
});
