/** Films from and to S3-compatible storage, with a real server (s3rver) and a real Redis. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { loadEngine } from '../../src/farm/engine/load-engine.ts';
import type { Objects } from '../../src/farm/engine/engine.ts';
import { Farm, filmOptions as fastOptions, packets } from '../helpers/farm.ts';
import { frameSums, runProgram, until } from '../helpers/program.ts';
import type { ProgramEnd } from '../helpers/run-in-process.ts';
import { missingRedis } from '../helpers/redis-server.ts';
import { startS3, type S3Server } from '../helpers/s3-server.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const serial = missingRedis === undefined ? test.serial : test.serial.skip;
/** The network sees each frame, so that a film takes long enough to be interrupted. */
const filmOptions = [...fastOptions, '--model', 'starter', '--network-every', '1'];
/** The film does not depend on its segments, and long ones are faster. */
const inOneSegment = [...filmOptions, '--segment-frames', '480'];
let farm: Farm;
let server: S3Server;
let objects: Objects;
let filmWithCuts = '';

test.before(async () => {
  if (missingRedis !== undefined) return;
  server = await startS3('archive');
  const { endpoint, keys } = server;
  farm = await Farm.open(`  s3: ${JSON.stringify({ endpoint, ...keys })}\n`);
  objects = (await loadEngine()).openObjects({ endpoint, ...keys });
  const film = await farm.makeFilm('reel.mkv', 8);
  filmWithCuts = await farm.makeFilmWithCuts('cuts.mkv');
  await objects.upload(film, { bucket: 'archive', key: 'reels/deep/reel.mkv' });
});

test.after.always(async () => {
  if (missingRedis !== undefined) return;
  await farm[Symbol.asyncDispose]();
  await objects[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const names = async (): Promise<string[]> => (await objects.list('archive', '')).map(({ key }) => key).sort();

serial(
  'a drained worker uploads its unfinished film, and another one with an empty cache resumes it',
  async (t) => {
    const submitted = await farm.submit('s3://archive/reels', '-o', 's3://archive/colour', ...filmOptions);
    t.is(submitted.code, 0, submitted.stderr);
    t.regex(
      submitted.stderr,
      /s3:\/\/archive\/reels\/deep\/reel\.mkv -> s3:\/\/archive\/colour\/deep\/reel\.mkv: queued/,
    );
    const drained = farm.work();
    await until(
      async () => (await farm.segments(join(farm.folder, 'cache'))) >= 3,
      'three segments are done',
    );
    drained.child.kill('SIGTERM');
    t.is((await drained.end).code, 0);
    t.true(
      (await names()).some((key) =>
        /^colour\/\.chromafeed\/film-\w+\/reel\.mkv\.partial\/journal\.jsonl$/.test(key),
      ),
    );
    await rm(join(farm.folder, 'cache'), { recursive: true });
    const other = await farm.workUntilEmpty();
    t.is(other.code, 0, other.stderr);
    const shown = await farm.run('queue', 'show', (await farm.list())[0]?.id ?? '', '--json');
    const { result } = JSON.parse(shown.stdout) as { result: { resumedFrames: number } };
    t.true(result.resumedFrames >= 16);
  },
);

serial('the film in the storage is what file makes, and nothing else is left', async (t) => {
  t.deepEqual(await names(), ['colour/deep/reel.mkv', 'reels/deep/reel.mkv']);
  const [alone, made] = [join(farm.folder, 'alone.mkv'), join(farm.folder, 'made.mkv')];
  await objects.download({ bucket: 'archive', key: 'colour/deep/reel.mkv' }, made);
  await runProgram('file', join(farm.films, 'reel.mkv'), '-o', alone, ...inOneSegment);
  t.deepEqual(await frameSums(made), await frameSums(alone));
});

serial(
  'submit finds finished films by their metadata, and films in the cache are not fetched again',
  async (t) => {
    const again = await farm.submit('s3://archive/reels', '-o', 's3://archive/colour', ...filmOptions);
    t.regex(again.stderr, /1 film: 1 finished before/);
    const none = await farm.submit('s3://archive/none', '-o', 's3://archive/colour', ...filmOptions);
    t.is(none.code, 3);
    t.regex(none.stderr, /s3:\/\/archive\/none: expected films but found none/);
  },
);

serial(
  "the user's own model travels through the storage by its checksum, and is deleted with the last film",
  async (t) => {
    const own = await ownModel(join(farm.folder, 'own'));
    const film = 's3://archive/reels/deep/reel.mkv';
    const args = [film, '-o', 's3://archive/other', '--duration', '1', ...fastOptions, '--model', own];
    const submitted = await farm.submit(...args);
    t.is(submitted.code, 0, submitted.stderr);
    t.is((await names()).filter((key) => /^other\/\.chromafeed\/files\/[0-9a-f]{64}$/.test(key)).length, 2);
    await rm(own, { recursive: true });
    const worker = await farm.workUntilEmpty();
    t.is(worker.code, 0, worker.stderr);
    t.deepEqual(
      (await names()).filter((key) => key.startsWith('other/')),
      ['other/reel.mkv'],
    );
  },
);

serial(
  'a film is made in parts through the storage; a part that is damaged there is made again, and the film is that of one machine',
  async (t) => {
    const split = ['-o', 's3://archive/parts', '--split-minutes', '0.04'];
    const submitted = await farm.submit(filmWithCuts, ...split, ...filmOptions);
    t.is(submitted.code, 0, submitted.stderr);
    const first = farm.work();
    const partFile = /^parts\/\.chromafeed\/film-\w+-parts\/\w+-\d\/part\.json$/;
    await until(async () => (await names()).some((key) => partFile.test(key)), 'a part is in the storage');
    first.child.kill('SIGKILL');
    await first.end;
    const damaged = (await names()).find((key) => /^parts\/.*\/segment-00001\.nut$/.test(key)) ?? '';
    await objects.remove('archive', damaged);
    await rm(join(farm.folder, 'cache'), { recursive: true });
    const second = await farm.workUntilEmpty();
    t.regex(
      second.stderr,
      /attempt \d failed: PART_INVALID: .*segment-00001\.nut: expected \d+ bytes but got no file/,
    );
    t.regex(second.stderr, /cuts\.mkv: 102 frames, joined/);
    t.deepEqual(
      (await names()).filter((key) => key.startsWith('parts/')),
      ['parts/cuts.mkv'],
    );
    const [alone, made] = [join(farm.folder, 'cuts-alone.mkv'), join(farm.folder, 'cuts-made.mkv')];
    await objects.download({ bucket: 'archive', key: 'parts/cuts.mkv' }, made);
    await runProgram('file', filmWithCuts, '-o', alone, ...inOneSegment);
    t.deepEqual(await packets(made), await packets(alone));
  },
);

serial(
  'a worker that starts deletes work on films that others have finished, and keeps work on those that wait',
  async (t) => {
    const place = join(farm.folder, 'cache/work/somewhere');
    const finished = (await farm.list()).find(({ output }) => output.endsWith('cuts.mkv'))?.id ?? '';
    for (const name of [`${finished}.1`, `${finished}-part-2.3`, 'film-unknown.4'])
      await mkdir(join(place, name), { recursive: true });
    const worker = await farm.workUntilEmpty();
    t.is(worker.code, 0, worker.stderr);
    t.deepEqual(await readdir(place), ['film-unknown.4']);
  },
);

serial('a film in parts that is cancelled leaves nothing in the storage, not even its model', async (t) => {
  const own = await ownModel(join(farm.folder, 'own'));
  const args = [filmWithCuts, '-o', 's3://archive/cancelled', '--split-minutes', '0.04', ...fastOptions];
  const submit = (): Promise<ProgramEnd> => farm.submit(...args, '--model', own);
  const stored = async (): Promise<string[]> => (await names()).filter((key) => key.startsWith('cancelled/'));
  await submit();
  const job = (await farm.list()).find(({ output }) => output.includes('cancelled'));
  t.is((await stored()).length, 2);
  await farm.run('queue', 'cancel', job?.id ?? '');
  t.deepEqual(await stored(), []);
  await submit();
  const worker = farm.work();
  await until(async () => (await stored()).length > 2, 'the plan is in the storage');
  await farm.run('queue', 'cancel', job?.id ?? '');
  await until(async () => (await farm.list()).every(({ id }) => id !== job?.id), 'the film is gone', 100);
  worker.child.kill('SIGTERM');
  t.is((await worker.end).code, 0);
  t.deepEqual(await stored(), []);
});

/** A copy of a bundled model under another name, which is no bundled model. */
async function ownModel(target: string): Promise<string> {
  await cp(join(root, 'models/starter'), target, { recursive: true });
  const manifest = JSON.parse(await readFile(join(target, 'model.json'), 'utf8')) as { name: string };
  await writeFile(join(target, 'model.json'), JSON.stringify({ ...manifest, name: 'my-own' }));
  return target;
}
