/**
 * Question: what does the queue of the film farm cost? How much longer does a worker take than `file` over the same
 * films, how much faster are two workers than one, how much time does a killed worker cost, and what does the engine
 * itself cost for each of many tiny films? Each worker is pinned to one core.
 *
 *   node dist/bench/farm.js --redis redis://127.0.0.1/15 [--films 4] [--seconds 10] [--tiny 100]
 *
 * Use a database of its own: the queue in it is paused and resumed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ffmpegPath, runChild } from './support/child.ts';
import { describeEnvironment } from './support/environment.ts';

const program = fileURLToPath(new URL('../src/main.js', import.meta.url));
const sample = fileURLToPath(new URL('../../samples/his_girl_friday.mp4', import.meta.url));
const { values } = parseArgs({
  options: {
    redis: { type: 'string', default: 'redis://127.0.0.1:6379/15' },
    films: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '10' },
    tiny: { type: 'string', default: '100' },
  },
});
const home = await mkdtemp(join(tmpdir(), 'chromafeed-farm-bench-'));
const config = join(home, 'farm.yaml');
const filmOptions = ['--device', 'cpu', '--preset', 'veryfast'];

try {
  await writeFile(config, 'worker: { lockSeconds: 5 }\n');
  const reels = await makeFilms('reels', Number(values.films), Number(values.seconds), '640:-2');
  const tiny = await makeFilms('tiny', Number(values.tiny), 1, '64:48');
  const alone = await seconds(() => runFile(reels, 'alone'));
  const one = await overFarm(reels, 'one', 1);
  const two = await overFarm(reels, 'two', 2);
  const killAfterS = two.workS / 3;
  const killed = await overFarm(reels, 'killed', 2, { killAfterS });
  const tinyAlone = await seconds(() => runFile(tiny, 'tiny-alone'));
  const tinyFarm = await overFarm(tiny, 'tiny-farm', 1);
  const count = Number(values.tiny);
  const round = (value: number): number => Math.round(1000 * value) / 1000;
  console.log(
    JSON.stringify(
      {
        environment: await describeEnvironment(),
        films: { count: Number(values.films), seconds: Number(values.seconds), widthPx: 640 },
        fileS: round(alone),
        oneWorkerS: round(one.workS),
        overheadOfTheEngine: round(one.workS / alone - 1),
        twoWorkersS: round(two.workS),
        twoOverOne: round(one.workS / two.workS),
        // Until it was killed there were two workers, then one.
        lostByAKilledWorkerS: round(killed.workS - (one.workS - killAfterS)),
        tiny: {
          count,
          fileMsPerFilm: round((1000 * tinyAlone) / count),
          farmMsPerFilm: round((1000 * tinyFarm.workS) / count),
          submitMsPerFilm: round((1000 * tinyFarm.submitS) / count),
        },
      },
      undefined,
      2,
    ),
  );
} finally {
  await rm(home, { recursive: true, force: true });
}

/** Makes films of the same content; each has a name of its own, and other bytes. @returns their folder */
async function makeFilms(name: string, count: number, lengthS: number, scale: string): Promise<string> {
  const folder = join(home, name);
  await mkdir(folder);
  const first = join(home, `${name}.mkv`);
  const input = ['-v', 'error', '-stream_loop', '-1', '-i', sample, '-t', String(lengthS), '-an'];
  const output = [
    '-vf',
    `scale=${scale},format=gray,format=yuv420p`,
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
  ];
  await runChild(ffmpegPath(), [...input, ...output, first]);
  for (let i = 0; i < count; i++) await copyFile(first, join(folder, `${String(i).padStart(4, '0')}.mkv`));
  return folder;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

function runFile(folder: string, out: string): Promise<unknown> {
  return runChild('taskset', [
    '-c',
    '0',
    process.execPath,
    program,
    'file',
    folder,
    '-o',
    `${join(home, out)}/`,
    ...filmOptions,
  ]);
}

/** Submits films, waits for the workers' start, and measures from the first film to the last. */
async function overFarm(
  films: string,
  out: string,
  workers: number,
  { killAfterS }: { readonly killAfterS?: number } = {},
): Promise<{ submitS: number; workS: number }> {
  const farm = ['--redis', values.redis, '--config', config];
  const queue = (...args: readonly string[]): Promise<unknown> =>
    runChild(process.execPath, [program, 'queue', ...args, ...farm]);
  await queue('pause');
  const submitS = await seconds(() =>
    runChild(process.execPath, [program, 'submit', films, '-o', join(home, out), ...filmOptions, ...farm]),
  );
  const started = Array.from({ length: workers }, (_, core) =>
    spawn('taskset', ['-c', String(core), process.execPath, program, 'worker', '--device', 'cpu', ...farm], {
      stdio: ['ignore', 'ignore', 'ignore'],
    }),
  );
  await delay(3000); // they wait for the queue then
  const count = (await readdir(films)).length;
  const workS = await seconds(async () => {
    await queue('resume');
    const done = waitFor(join(home, out), count);
    if (killAfterS !== undefined) {
      await delay(killAfterS * 1000);
      started[0]?.kill('SIGKILL');
    }
    await done;
  });
  await Promise.all(started.map(end));
  return { submitS, workS };
}

async function waitFor(folder: string, count: number): Promise<void> {
  for (;;) {
    const names = await readdir(folder).catch(() => []);
    if (names.filter((name) => !name.startsWith('.')).length >= count) return;
    await delay(20);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
