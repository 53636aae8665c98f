/** What the soak of the farm does to workers, to Redis and to films. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/train/random.ts';
import type { FaultyWorker } from './faulty-worker.ts';
import type { SoakFarm } from './soak-farm.ts';

/** What a fault works with. */
export interface FaultContext {
  readonly farm: SoakFarm;
  /** The worker that it hits; it is free of other faults. */
  readonly worker: FaultyWorker;
  readonly random: Random;
  /** Submits all films again that were submitted so far. */
  readonly submitAgain: () => Promise<void>;
}

/** Hits, waits and mends. It resolves when everything is as before. */
type Fault = (context: FaultContext) => Promise<void>;

/** Faults by name, with how often each comes. */
export const faults: readonly { readonly name: string; readonly weight: number; readonly run: Fault }[] = [
  { name: 'worker killed with -9', weight: 8, run: killed },
  { name: 'child of a worker killed with -9', weight: 3, run: ({ worker }) => childKilled(worker) },
  { name: 'worker drained with SIGTERM', weight: 4, run: drained },
  { name: 'worker stopped, its child works on', weight: 8, run: (context) => stopped(context, false) },
  { name: 'worker and child stopped', weight: 4, run: (context) => stopped(context, true) },
  { name: 'worker cut off', weight: 8, run: cutOff },
  { name: 'worker slowed', weight: 4, run: slowed },
  { name: 'Redis killed and restarted with its data', weight: 4, run: (context) => redisLost(context, true) },
  {
    name: 'Redis restarted without data, submit again',
    weight: 4,
    run: (context) => redisLost(context, false),
  },
  { name: 'film cancelled and submitted again', weight: 3, run: cancelled },
];

/** Chooses a fault by its weight. */
export function chooseFault({ uniform }: Random): (typeof faults)[number] {
  let left = uniform() * faults.reduce((sum, { weight }) => sum + weight, 0);
  const found = faults.find(({ weight }) => (left -= weight) < 0) ?? faults[0];
  if (found === undefined) throw new RangeError('there is no fault');
  return found;
}

async function killed({ worker, random }: FaultContext): Promise<void> {
  await worker.end('SIGKILL');
  await delay(random.between(0, 2000));
  worker.start();
}

function childKilled(worker: FaultyWorker): Promise<void> {
  worker.killChildren();
  return Promise.resolve();
}

async function drained({ worker, random }: FaultContext): Promise<void> {
  const code = await worker.end('SIGTERM');
  // 1: a film failed here before, because its child was killed.
  if (code !== null && code > 1) throw new Error(`a drained worker ended with ${code}`);
  await delay(random.between(0, 1000));
  worker.start();
}

async function stopped({ worker, random }: FaultContext, withChildren: boolean): Promise<void> {
  worker.signal('SIGSTOP', withChildren);
  await delay(random.between(500, 6000));
  worker.signal('SIGCONT', withChildren);
}

async function cutOff({ worker, random }: FaultContext): Promise<void> {
  const mend = worker.cutOff();
  await delay(random.between(500, 6000));
  mend();
}

async function slowed({ worker, random }: FaultContext): Promise<void> {
  worker.slow(random.between(50, 500));
  await delay(random.between(2000, 6000));
  worker.slow(0);
}

async function redisLost({ farm, random, submitAgain }: FaultContext, withData: boolean): Promise<void> {
  await farm.alone(async () => {
    await farm.redis.kill();
    if (!withData) await farm.redis.loseData();
    await delay(random.between(100, 3000));
    await farm.redis.run();
    if (!withData) await submitAgain();
  });
}

async function cancelled({ farm, random, submitAgain }: FaultContext): Promise<void> {
  const active = (await farm.list()).filter(({ state }) => state === 'active');
  const film = active[Math.floor(random.uniform() * active.length)];
  if (film === undefined) return;
  await farm.alone(() => farm.farmCommand('queue', 'cancel', film.id)).catch(() => undefined); // it has just ended
  const endMs = performance.now() + 20_000;
  const isThere = async (): Promise<boolean> => (await farm.list()).some(({ id }) => id === film.id);
  while ((await isThere()) && performance.now() < endMs) await delay(200);
  await farm.alone(submitAgain);
}
