/** One film is made in parts by several workers, and comes out as one machine makes it. */
import { once } from 'node:events';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Farm, filmOptions, packets, type ShownFilm } from '../helpers/farm.ts';
import { runProgram, until, type StartedProgram } from '../helpers/program.ts';
import type { ProgramEnd } from '../helpers/run-in-process.ts';
import { missingRedis } from '../helpers/redis-server.ts';

const serial = missingRedis === undefined ? test.serial : test.serial.skip;
/** The network sees each frame, so that a part takes long enough to be interrupted. */
const options = [...filmOptions, '--model', 'starter', '--network-every', '1'];
const split = ['--split-minutes', '0.04'];
let farm: Farm;
let film = '';
let expected: readonly string[] = [];

test.before(async () => {
  if (missingRedis !== undefined) return;
  farm = await Farm.open();
  film = await farm.makeFilmWithCuts('reel.mkv');
  // Long segments are faster, and the film does not depend on them.
  const alone = join(farm.folder, 'alone.mkv');
  const { code, stderr } = await runProgram('file', film, '-o', alone, ...options, '--segment-frames', '480');
  if (code !== 0) throw new Error(stderr);
  expected = await packets(alone);
});

test.after.always(() => (missingRedis === undefined ? farm[Symbol.asyncDispose]() : undefined));

/** The folders of finished parts in the folder of unfinished work, and the plan. */
async function finishedParts(): Promise<string[]> {
  const work = join(farm.out, '.chromafeed');
  const [folder] = (await readdir(work).catch(() => [])).filter((name) => name.endsWith('-parts'));
  return folder === undefined ? [] : (await readdir(join(work, folder))).sort();
}

/** Submits the film to a folder of its own and starts a worker; resolves when the parts are on the queue. */
async function begin(name: string, input: string, ...args: readonly string[]): Promise<StartedProgram> {
  farm.outName = name;
  const { code, stderr } = await farm.submit(input, '-o', farm.out, ...options, ...split, ...args);
  if (code !== 0) throw new Error(stderr);
  const worker = farm.work();
  await until(async () => (await finishedParts()).includes('plan.json'), 'there is a plan');
  return worker;
}

async function kill(worker: StartedProgram): Promise<void> {
  worker.child.kill('SIGKILL');
  await worker.end;
}

/** The film must be there once, as `file` makes it, and nothing else. */
async function checkFilm(t: ExecutionContext, name = 'reel.mkv'): Promise<void> {
  t.deepEqual(await readdir(farm.out), [name]);
  t.deepEqual(await packets(join(farm.out, name)), expected);
}

function linesWith(pattern: RegExp, ends: readonly ProgramEnd[]): string[] {
  return ends.flatMap(({ stderr }) => stderr.split('\n')).filter((line) => pattern.test(line));
}

serial(
  'two workers make the parts of a film, after a third one was killed in a part, and the film is that of one machine',
  async (t) => {
    const killed = await begin('out', film);
    await until(async () => (await farm.segments()) >= 1, 'a segment of a part is done');
    await kill(killed);
    const [shown] = await farm.list();
    t.like(shown, { totalFrames: 102, parts: { finished: 0, total: 3 } });
    const ends = await Promise.all([farm.workUntilEmpty(), farm.workUntilEmpty()]);
    for (const { code, stderr } of ends) t.is(code, 0, stderr);
    t.is(linesWith(/reel\.mkv: part \d of 3: 34 frames/, ends).length, 3);
    t.is(linesWith(/reel\.mkv: 102 frames, joined/, ends).length, 1);
    await checkFilm(t);
    const [finished, ...others] = await farm.list();
    t.like(finished, { state: 'finished', frames: 102 });
    t.deepEqual(others, []);
  },
);

serial(
  'after Redis has lost everything, finished parts are not made again; a film without cuts stays whole',
  async (t) => {
    const first = await begin('lost', film);
    await until(async () => (await finishedParts()).length >= 2, 'a part is done');
    await kill(first);
    await farm.redis.kill();
    await farm.redis.loseData();
    await farm.redis.run();
    const [done = ''] = await finishedParts();
    const number = Number(done.split('-').at(-1)) + 1;
    const smooth = await farm.makeFilm('smooth.mkv', 3);
    const submitted = await farm.submit(film, smooth, '-o', farm.out, ...options, ...split);
    t.regex(submitted.stderr, /2 films: 2 queued\n$/);
    const end = await farm.workUntilEmpty();
    t.is(end.code, 0, end.stderr);
    t.deepEqual(linesWith(new RegExp(`part ${number} of 3`), [end]), []);
    t.regex(end.stderr, /smooth\.mkv: 36 frames, [\d.]+ fps/);
    await rm(join(farm.out, 'smooth.mkv'));
    await checkFilm(t);
  },
);

serial('a part that fails for good parks its film with the error, and a retry makes it', async (t) => {
  const copy = join(farm.films, 'poison.mkv');
  await copyFile(film, copy);
  const worker = await begin('poison', copy, '--attempts', '1');
  await rm(copy);
  const state = async (): Promise<ShownFilm | undefined> =>
    (await farm.list()).find(({ output }) => output.endsWith('poison.mkv'));
  await until(async () => (await state())?.state === 'failed', 'the film is parked', 100);
  t.regex((await state())?.failure ?? '', /part \d of 3: INPUT_MISSING: /);
  await copyFile(film, copy);
  t.regex((await farm.run('queue', 'retry')).stdout, /1 film will be tried again/);
  await until(async () => (await state())?.state === 'finished', 'the film is finished', 100);
  worker.child.kill('SIGTERM');
  t.is((await worker.end).code, 1, 'films failed here');
  await checkFilm(t, 'poison.mkv');
});

serial(
  'a machine of another kind leaves the parts to others in words, and a cancelled film leaves nothing',
  async (t) => {
    await kill(await begin('other', film));
    const work = join(farm.out, '.chromafeed');
    const [folder = ''] = (await readdir(work)).filter((name) => name.endsWith('-parts'));
    const path = join(work, folder, 'plan.json');
    const plan = JSON.parse(await readFile(path, 'utf8')) as { settings: Record<string, unknown> };
    await writeFile(path, JSON.stringify({ ...plan, settings: { ...plan.settings, ffmpeg: '5.0' } }));
    const other = farm.work();
    let told = '';
    other.child.stderr?.on('data', (text: string) => (told += text));
    await until(() => told.includes('left to other machines'), 'the worker refuses a part');
    t.regex(told, /reel\.mkv: part \d of 3: left to other machines: .*ffmpeg was "5\.0", now "/);
    const isOpen = ({ parts }: ShownFilm): boolean => parts !== undefined;
    await until(async () => (await farm.list()).some(isOpen), 'the film shows its parts', 100);
    const open = (await farm.list()).find(isOpen);
    t.like(open, { attempts: 0, parts: { finished: 0, total: 3 } });
    await farm.run('queue', 'cancel', open?.id ?? '');
    await until(async () => (await farm.list()).every(({ id }) => id !== open?.id), 'the film is gone', 100);
    other.child.kill('SIGTERM');
    if (other.child.exitCode === null) await once(other.child, 'exit');
    t.deepEqual(await readdir(farm.out), []);
  },
);
