/** Machines that agree in a real Redis who has which camera. Each is a member in this process. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { loadEngine } from '../../src/farm/engine/load-engine.ts';
import type { ClusterView, LeaseStore } from '../../src/stream/serve/cluster/lease-store.ts';
import { LastLeases } from '../../src/stream/serve/cluster/last-leases.ts';
import { Membership } from '../../src/stream/serve/cluster/membership.ts';
import { until } from '../helpers/program.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';
import { missingRedis, RedisServer } from '../helpers/redis-server.ts';

const withRedis = missingRedis === undefined ? test : test.skip;
const leaseMs = 800;
const cameras = ['c0', 'c1', 'c2', 'c3'];

/** A machine whose way to Redis can be cut. */
class Machine {
  isCut = false;
  others: readonly Machine[] = [];
  readonly membership: Membership;

  constructor(name: string, store: LeaseStore, file: string) {
    const beat: LeaseStore['beat'] = (what) =>
      this.isCut ? Promise.reject(new Error('the cable is cut')) : store.beat(what);
    this.membership = new Membership({
      store: new Proxy(store, {
        get: (target, key) => (key === 'beat' ? beat : (Reflect.get(target, key) as unknown)),
      }),
      machine: { name, instance: name, address: `ws://${name}`, weight: 1 },
      leaseMs,
      last: new LastLeases(file, pino({ level: 'silent' })),
      cameras: () => cameras.map((id) => ({ id, only: undefined })),
      beforeView: () => Promise.resolve(),
      onHeld: () => undefined,
      onView: () => undefined,
      onConnection: () => undefined,
      askOthers: () => Promise.resolve(this.viewOfOthers()),
      log: pino({ level: 'silent' }),
    });
  }

  get held(): string[] {
    return cameras.filter((id) => this.membership.has(id));
  }

  private viewOfOthers(): ClusterView | undefined {
    return this.others.map(({ membership }) => membership.freshView).find((view) => view !== undefined);
  }
}

async function open(t: ExecutionContext, name: string, port: number, folder: string): Promise<Machine> {
  const engine = await loadEngine();
  const redis = { host: '127.0.0.1', port, db: 0 };
  const store = await engine.openLeases({ redis, group: 'test', timeoutMs: 200, onError: () => undefined });
  const machine = new Machine(name, store, join(folder, `${name}.json`));
  t.teardown(async () => {
    await machine.membership[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  return machine;
}

async function startTwo(
  t: ExecutionContext,
  { port }: RedisServer,
  folder: string,
): Promise<[Machine, Machine]> {
  const [a, b] = [await open(t, 'a', port, folder), await open(t, 'b', port, folder)];
  await Promise.all([a.membership.start(), b.membership.start()]);
  await until(() => a.held.length === 2 && b.held.length === 2, 'both have their share');
  return [a, b];
}

const overlap = (a: Machine, b: Machine): string[] => a.held.filter((id) => b.held.includes(id));

withRedis(
  'a machine that is cut off from Redis keeps its cameras until it hears of a newer holder',
  async (t) => {
    await using redis = await RedisServer.start();
    const [a, b] = await startTwo(t, redis, await tempFolder(t));
    const own = a.held;
    a.isCut = true;
    await until(() => b.held.length === 4, 'the other machine takes them over');
    t.deepEqual(a.held, own, 'no camera is dark meanwhile');
    a.others = [b];
    await until(() => a.held.length === 0, 'it hears of the newer holder');
    a.isCut = false;
    await until(() => a.held.length === 2 && b.held.length === 2, 'it gets its share again');
    t.deepEqual(overlap(a, b), []);
  },
);

withRedis(
  'if Redis is away for longer than a lease, with or without its data, every machine keeps its cameras',
  async (t) => {
    await using redis = await RedisServer.start();
    const [a, b] = await startTwo(t, redis, await tempFolder(t));
    const before = [a.held, b.held];
    for (const losesData of [false, true]) {
      await redis.kill();
      const endMs = performance.now() + 2 * leaseMs;
      await until(() => performance.now() > endMs, 'the leases have ended');
      t.deepEqual([a.held, b.held], before);
      if (losesData) await redis.loseData();
      await redis.run();
      await until(
        () => a.membership.freshView !== undefined && b.membership.freshView !== undefined,
        'Redis is back',
      );
      const laterMs = performance.now() + 2 * leaseMs;
      await until(() => performance.now() > laterMs, 'a while has passed');
      t.deepEqual([a.held, b.held], before);
    }
  },
);

withRedis('a machine that starts without Redis has the cameras that it had last', async (t) => {
  await using redis = await RedisServer.start();
  const folder = await tempFolder(t);
  const [a, b] = await startTwo(t, redis, folder);
  const kept = (): Promise<string> => readFile(join(folder, 'a.json'), 'utf8');
  await until(
    async () =>
      a.held.every(
        (
          (text) => (id) =>
            text.includes(id)
        )(await kept()),
      ),
    'it is kept',
  );
  await redis.kill();
  const again = await open(t, 'a', redis.port, folder);
  await again.membership.start();
  t.deepEqual(again.held, a.held);
  again.others = [b];
  t.deepEqual(again.membership.view.machines.map(({ name }) => name).sort(), ['a', 'b']);
});
