/** The leases of cameras, in a real Redis. */
import test, { type ExecutionContext } from 'ava';
import { loadEngine } from '../../src/farm/engine/load-engine.ts';
import type { ClusterBeat, LeaseStore } from '../../src/stream/serve/cluster/lease-store.ts';
import { missingRedis, RedisServer } from '../helpers/redis-server.ts';
import { until } from '../helpers/program.ts';

const withRedis = missingRedis === undefined ? test : test.skip;

async function openStore(t: ExecutionContext, { port }: RedisServer): Promise<LeaseStore> {
  const engine = await loadEngine();
  const redis = { host: '127.0.0.1', port, db: 0 };
  const store = await engine.openLeases({ redis, group: 'test', timeoutMs: 500, onError: () => undefined });
  t.teardown(() => store[Symbol.asyncDispose]());
  return store;
}

const beatOf = (
  name: string,
  held: Readonly<Record<string, number>> = {},
  leaseMs = 60_000,
): ClusterBeat => ({
  machine: { name, instance: `${name}1`, address: `ws://${name}`, weight: 2 },
  leaseMs,
  held: new Map(Object.entries(held)),
});

const request = (camera: string, machine: string, after = 0) => ({ camera, machine, leaseMs: 60_000, after });

withRedis(
  'only one machine gets a camera, and a lease that was not renewed goes to another with a greater token',
  async (t) => {
    await using redis = await RedisServer.start();
    const store = await openStore(t, redis);
    const first = await store.beat(beatOf('a'));
    t.deepEqual(first.machines, [{ name: 'a', instance: 'a1', address: 'ws://a', weight: 2 }]);
    await store.beat(beatOf('b'));
    const got = await Promise.all([store.take(request('gate', 'a')), store.take(request('gate', 'b'))]);
    t.deepEqual(got, [1, undefined]);

    await store.beat(beatOf('a', { gate: 1 }, 1));
    await until(
      async () => (await store.beat(beatOf('b'))).leases.every(({ isAlive }) => !isAlive),
      'the lease has ended',
    );
    t.is(await store.take(request('gate', 'b')), 2);
    const { leases, machines } = await store.beat(beatOf('a', { gate: 1 }));
    t.like(leases[0], { camera: 'gate', holder: 'b', token: 2, isAlive: true });
    t.deepEqual(
      machines.map(({ name }) => name),
      ['a', 'b'],
    );
  },
);

withRedis('a camera that is given away or left belongs to another machine', async (t) => {
  await using redis = await RedisServer.start();
  const store = await openStore(t, redis);
  const token = (await store.take(request('gate', 'a'))) ?? 0;
  const lease = { camera: 'gate', from: 'a', token, to: 'b', leaseMs: 60_000 };
  t.true(await store.give(lease));
  t.false(await store.give(lease));
  const { leases } = await store.beat(beatOf('b'));
  t.like(leases[0], { holder: 'b', token: token + 1 });
  await store.leave('b');
  t.deepEqual((await store.beat(beatOf('a'))).leases, []);
});

withRedis('two machines with one name are noticed', async (t) => {
  await using redis = await RedisServer.start();
  const store = await openStore(t, redis);
  await store.beat(beatOf('a'));
  const twin = { ...beatOf('a'), machine: { ...beatOf('a').machine, instance: 'a2' } };
  await t.throwsAsync(store.beat(twin), { name: 'EngineError', message: 'a' });
});

withRedis('after Redis has lost its data, machines keep their cameras and tokens still grow', async (t) => {
  await using redis = await RedisServer.start();
  const store = await openStore(t, redis);
  const token = (await store.take(request('gate', 'a', 41))) ?? 0;
  t.is(token, 42);
  await store.setChange('gate', '{"paused":true}');
  await redis.kill();
  await t.throwsAsync(store.beat(beatOf('a', { gate: token })));
  await redis.loseData();
  await redis.run();
  await until(async () => {
    const view = await store.beat(beatOf('a', { gate: token })).catch(() => undefined);
    return view?.leases[0]?.token === 42;
  }, 'the lease is back');
  t.is(await store.take(request('yard', 'b', 42)), 43);
  t.is((await store.changes()).size, 0);
  await store.setChange('gate', '{"paused":true}', true);
  await store.setChange('gate', '{}', true);
  t.is((await store.changes()).get('gate'), '{"paused":true}');
  t.is((await store.beat(beatOf('a'))).changes, 1);
});

withRedis('sessions are shared until they end', async (t) => {
  await using redis = await RedisServer.start();
  const store = await openStore(t, redis);
  await store.keepSession('k', '{"x":1}', 60_000);
  t.is(await store.session('k'), '{"x":1}');
  await store.endSession('k');
  t.is(await store.session('k'), undefined);
});
