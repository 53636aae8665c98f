/**
 * Question: what does the queue of the film farm cost? How much longer does a worker take than `file` over the same
 * films, how much faster are two and four workers than one, and how much time does a killed worker cost? Every worker,
 * and `file`, gets the same share of one core, so four of them fit on two cores with a rest for Redis.
 *
 *   node dist/bench/farm.js [--films 8] [--seconds 6] [--share 0.45] [--only file,1,2,4,killed]
 *
 * It takes some seven minutes, and says on the error output how long each run took.
 * Needs redis-server, and root for the shares (control groups). It starts a Redis server of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RedisServer } from '../test/helpers/redis-server.ts';
import { ffmpegPath, runChild } from './support/child.ts';
import { CpuShare } from './support/cpu-share.ts';
import { describeEnvironment } from './support/environment.ts';

const program = fileURLToPath(new URL('../src/main.js', import.meta.url));
const sample = fileURLToPath(new URL('../../samples/his_girl_friday.mp4', import.meta.url));
const { values } = parseArgs({
  options: {
    films: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '6' },
    share: { type: 'string', default: '0.45' },
    only: { type: 'string', default: 'file,1,2,4,killed' },
  },
});
const [count, lengthS, share] = [Number(values.films), Number(values.seconds), Number(values.share)];
const home = await mkdtemp(join(tmpdir(), 'chromafeed-farm-bench-'));
const config = join(home, 'farm.yaml');
/** When one of two workers is killed, seconds after the start of the work. */
const killAfterS = 15;
const filmOptions = ['--preset', 'veryfast'];
await using redis = await RedisServer.start();

try {
  await writeFile(config, '{}\n');
  const films = await makeFilms();
  const runs: Readonly<Record<string, () => Promise<number>>> = {
    file: () => runFile(films),
    '1': () => overFarm(films, 'one', 1),
    '2': () => overFarm(films, 'two', 2),
    '4': () => overFarm(films, 'four', 4),
    killed: () => overFarm(films, 'killed', 2, killAfterS),
  };
  const seconds: Record<string, number> = {};
  for (const name of values.only.split(',')) {
    seconds[name] = await timed(name, runs[name]);
  }
  const ratio = (a: string, b: string): number => (seconds[a] ?? NaN) / (seconds[b] ?? NaN);
  const result = {
    environment: await describeEnvironment(),
    films: { count, seconds: lengthS, widthPx: 320 },
    shareOfACore: share,
    seconds,
    overheadOfOneWorker: ratio('1', 'file') - 1,
    twoOverOne: ratio('1', '2'),
    fourOverOne: ratio('1', '4'),
    // Until it was killed there were two workers, then one.
    lostByAKilledWorkerS: (seconds['killed'] ?? NaN) - ((seconds['1'] ?? NaN) - killAfterS),
  };
  console.log(JSON.stringify(result, undefined, 2));
} finally {
  await rm(home, { recursive: true, force: true });
}

/** Says how long a run took: the whole takes some minutes. */
async function timed(name: string, run: (() => Promise<number>) | undefined): Promise<number> {
  if (run === undefined) throw new Error(`--only: expected file, 1, 2, 4 or killed but got "${name}"`);
  const seconds = await run();
  console.error(`${name}: ${seconds.toFixed(1)} s`);
  return seconds;
}

/** Makes films of the same content; each has a name of its own. @returns their folder */
async function makeFilms(): Promise<string> {
  const folder = join(home, 'films');
  await mkdir(folder);
  const first = join(home, 'film.mkv');
  const input = ['-v', 'error', '-stream_loop', '-1', '-i', sample, '-t', String(lengthS), '-an'];
  const filter = ['-vf', 'scale=320:-2,format=gray,format=yuv420p'];
  await runChild(ffmpegPath(), [...input, ...filter, '-c:v', 'libx264', '-preset', 'veryfast', first]);
  for (let i = 0; i < count; i++) await copyFile(first, join(folder, `${String(i).padStart(4, '0')}.mkv`));
  return folder;
}

/** Runs `file` over the films. @returns seconds, without the start: a worker's network is open, too, before it takes films */
async function runFile(films: string): Promise<number> {
  using limit = CpuShare.open('file', share, 0);
  const out = join(home, 'alone');
  const args = [program, 'file', films, '-o', `${out}/`, ...filmOptions];
  const [command, all] = limit.command(process.execPath, args);
  const child = spawn(command, all, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await untilThere(out, 1);
  const startMs = performance.now();
  await untilThere(out, count);
  const othersS = (performance.now() - startMs) / 1000;
  await ended;
  return (othersS * count) / (count - 1);
}

/**
 * Submits films and lets workers make them.
 * @param killAfterS - when one of the workers is killed, seconds after the start of the work
 * @returns seconds until all films are there
 */
async function overFarm(films: string, name: string, workers: number, killAfterS?: number): Promise<number> {
  const farm = ['--redis', redis.url, '--config', config];
  const out = join(home, name);
  const queue = (...args: readonly string[]): Promise<unknown> =>
    runChild(process.execPath, [program, 'queue', ...args, ...farm]);
  await queue('pause');
  await runChild(process.execPath, [program, 'submit', films, '-o', out, ...filmOptions, ...farm]);
  const shares = Array.from({ length: workers }, (_, i) =>
    CpuShare.open(`worker-${i}`, share, i % availableParallelism()),
  );
  const started = shares.map((limit) => {
    const args = [program, 'worker', ...farm];
    const [command, all] = limit.command(process.execPath, args);
    return spawn(command, all, { stdio: ['ignore', 'ignore', 'pipe'] });
  });
  await Promise.all(started.map(isReady));
  const startMs = performance.now();
  await queue('resume');
  if (killAfterS !== undefined) {
    await delay(killAfterS * 1000);
    started[0]?.kill('SIGKILL');
  }
  await untilThere(out, count);
  const seconds = (performance.now() - startMs) / 1000;
  await Promise.all(started.map(end));
  await delay(500); // their children have ended then
  for (const limit of shares) limit[Symbol.dispose]();
  return seconds;
}

async function untilThere(folder: string, films: number): Promise<void> {
  for (;;) {
    const names = await readdir(folder).catch(() => []);
    if (names.filter((name) => /^\d+(?:\.color)?\.mkv$/.test(name)).length >= films) return;
    await delay(20);
  }
}

/** Resolves when a worker waits for films. */
function isReady({ stderr }: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('takes films')) resolve();
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
