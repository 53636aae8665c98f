/**
 * Question: what does the queue of the film farm cost for each job, in time and in Redis's memory, if the films cost
 * nothing? It adds jobs, lets workers of this process take them and finish them at once, and counts.
 *
 *   node dist/bench/farm-queue.js [--redis redis://127.0.0.1/15] [--jobs 1000] [--workers 4] [--idle 10]
 *
 * Use a server of its own, because it counts the commands of the whole server: those of each job, and those of a worker
 * a second, with a film and without (`--idle`: how many seconds it counts). The jobs are deleted at the end.
 */
import { Redis } from 'ioredis';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { redisSettings } from '../src/farm/config/redis-settings.ts';
import { farmConfigSchema } from '../src/farm/config/farm-config.ts';
import { loadEngine } from '../src/farm/engine/load-engine.ts';
import { filmDefaults } from '../src/stream/film/film-options.ts';
import { packageVersion } from '../src/version.ts';
import { describeEnvironment } from './support/environment.ts';

const { values } = parseArgs({
  options: {
    redis: { type: 'string', default: 'redis://127.0.0.1:6379/15' },
    jobs: { type: 'string', default: '1000' },
    workers: { type: 'string', default: '4' },
    idle: { type: 'string', default: '10' },
  },
});
const count = Number(values.jobs);
const onError = (error: Error): void => console.error(error.message);
const redis = redisSettings(values.redis, farmConfigSchema.parse({}));
await using queue = await (await loadEngine()).openEngine({ redis, onError });

/** A job like that of a film, with its options. */
const { engine, device, precision, size, liveliness, saturation, networkEvery } = filmDefaults;
const jobs = Array.from({ length: count }, (_, i) => ({
  id: `film-bench-${process.pid}-${i}`,
  output: `bench-${process.pid}-${i}`,
  attempts: 3,
  backoffMs: 5000,
  priority: 100,
  data: {
    version: packageVersion,
    input: {
      at: { kind: 'file', root: 'archive', path: `reels/${i}.mkv` },
      bytes: 1e9,
      content: `sha256:${'0'.repeat(64)}`,
    },
    output: { folder: { kind: 'file', root: 'archive', path: 'colour' }, name: `${i}.mkv`, overwrite: false },
    options: { engine, device, precision, size, liveliness, saturation, networkEvery },
    files: {},
    frames: 25_000,
  },
}));

const server = new Redis(redis.port, redis.host, { db: redis.db });
const emptyBytes = await figure('memory', 'used_memory');
const [addS, addCommands] = await counted(() => queue.add('cpu', jobs));
const bytes = (await figure('memory', 'used_memory')) - emptyBytes;
let finished = 0;
const [workS, workCommands] = await counted(async () => {
  const workers = startWorkers(() => {
    finished++;
    return Promise.resolve({ kind: 'done', result: { frames: 25_000 } });
  });
  while (finished < count) await delay(5);
  await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
});
const findS = await seconds(() => queue.list(['finished']));
for (const { id } of jobs) await queue.forget(id);
const idle = await commandsOfWorkers(0);
const busy = await commandsOfWorkers(Number(values.workers));
server.disconnect();
console.log(
  JSON.stringify(
    {
      environment: await describeEnvironment(),
      jobs: count,
      workers: Number(values.workers),
      addMsPerJob: (1000 * addS) / count,
      takeAndFinishMsPerJob: (1000 * workS) / count,
      listMsPerJob: (1000 * findS) / count,
      bytesPerWaitingJob: bytes / count,
      addCommandsPerJob: addCommands / count,
      takeAndFinishCommandsPerJob: workCommands / count,
      commandsPerSecondOfAWorker: { idle, busy },
    },
    undefined,
    2,
  ),
);

function startWorkers(run: Parameters<typeof queue.work>[0]['run']): ReturnType<typeof queue.work>[] {
  return Array.from({ length: Number(values.workers) }, (_, i) =>
    queue.work({
      name: `bench-${i}`,
      queues: ['cpu'],
      concurrency: 1,
      lockMs: 20_000,
      maxStalls: 1,
      onError,
      run,
    }),
  );
}

/** Lets workers wait, or work on jobs that do not end, and counts. @returns commands a second of one worker */
async function commandsOfWorkers(busy: number): Promise<number> {
  const end = new AbortController();
  const held = jobs.slice(0, busy);
  await queue.add('cpu', held);
  const workers = startWorkers(async (turn) => {
    while (!end.signal.aborted) {
      await turn.progress({ frames: 1, fps: 1 });
      await delay(1000, undefined, { signal: end.signal }).catch(() => undefined);
    }
    return { kind: 'done', result: {} };
  });
  await delay(2000);
  const [, commands] = await counted(() => delay(Number(values.idle) * 1000));
  end.abort();
  await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
  for (const { id } of held) await queue.forget(id);
  return commands / Number(values.idle) / workers.length;
}

/** @returns seconds, and the commands that the server has got */
async function counted(work: () => Promise<unknown>): Promise<[number, number]> {
  const before = await figure('stats', 'total_commands_processed');
  const workS = await seconds(work);
  return [workS, (await figure('stats', 'total_commands_processed')) - before];
}

/** A figure of the server's command INFO. */
async function figure(section: string, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await server.info(section))?.[1]);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}
