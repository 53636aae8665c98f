/** `chromafeed serve` on two and three machines that share their cameras: real processes, a real Redis, a real RTSP camera. */
import test from 'ava';
import { hashToken } from '../../src/config/token-hash.ts';
import type { CameraStatus } from '../../src/ingest/live/camera-status.ts';
import { ask } from '../helpers/ask.ts';
import { DashboardSocket } from '../helpers/dashboard-socket.ts';
import { until } from '../helpers/program.ts';
import { missingRedis, RedisServer } from '../helpers/redis-server.ts';
import { startServe, type Served } from '../helpers/serve.ts';
import { startTestCamera, type TestCamera } from '../helpers/test-camera.ts';

// missingRedis says why these tests are skipped.
const withRedis = missingRedis === undefined ? test.serial : test.serial.skip;
const secret = 'the-secret-of-all-machines';
const token = 'roots-token';
const headers = { Authorization: `Bearer ${token}` };
const cameras = ['c0', 'c1', 'c2', 'c3'];

/** The machines of all tests, which run one after the other. */
let redis: RedisServer | undefined;
let camera: TestCamera | undefined;
const machines = new Map<string, Served>();

function configOf(name: string): string {
  const source = { source: 'test:testsrc2=size=64x48:rate=10', day: 'colorize' };
  const root = { name: 'root', tokenHash: hashToken(token), admin: true };
  return JSON.stringify({
    server: { port: 0, users: [root] },
    engine: { model: 'starter', shortSidePx: 64, threads: 1, pixelThreads: 1 },
    log: { level: 'info', pretty: false },
    cluster: {
      redis: { url: redis?.url },
      secret: '${CLUSTER_SECRET}',
      name,
      address: 'ws://127.0.0.1',
      weight: 1,
      leaseS: 3,
    },
    cameras: {
      ...Object.fromEntries(cameras.slice(0, 3).map((id) => [id, source])),
      c3: { source: `rtsp://127.0.0.1:${camera?.port ?? 0}/cam`, day: 'colorize', size: '64x48' },
      desk: { ...source, machine: 'b' },
    },
  });
}

async function start(name: string): Promise<void> {
  machines.set(name, await startServe(configOf(name), { env: { CLUSTER_SECRET: secret } }));
}

function machine(name: string): Served {
  const served = machines.get(name);
  if (served === undefined) throw new Error(`${name} does not run`);
  return served;
}

async function statuses(name: string): Promise<CameraStatus[]> {
  const { json } = await ask(`${machine(name).url}api/cameras`, { headers });
  return (json() as { cameras: CameraStatus[] }).cameras;
}

/** Which machine has each camera, as one machine says. */
async function holders(name: string): Promise<Record<string, string | undefined>> {
  const all = await statuses(name);
  return Object.fromEntries(all.map((status) => [status.id, status.machine]));
}

/** Whether each of these machines has its share of the five cameras, rounded up or down, and all of them agree. */
async function isShared(...names: readonly string[]): Promise<boolean> {
  const views = await Promise.all(names.map(holders));
  const [first = {}] = views;
  const holding = Object.values(first);
  const share = holding.length / names.length;
  const isFair = names.every((name) => {
    const count = holding.filter((holder) => holder === name).length;
    return count === Math.floor(share) || count === Math.ceil(share);
  });
  return isFair && views.every((view) => JSON.stringify(view) === JSON.stringify(first));
}

/** A camera that a machine has and that may have another one. */
async function cameraOf(name: string): Promise<string> {
  const all = await holders('a');
  return cameras.find((id) => all[id] === name) ?? '';
}

function watch(name: string, id: string, mode: 'jpeg' | 'fmp4' = 'jpeg'): DashboardSocket {
  const viewer = new DashboardSocket(machine(name).url, { headers });
  viewer.socket.once('open', () => viewer.watch(id, 90, mode));
  return viewer;
}

async function sees(viewer: DashboardSocket, what: string): Promise<void> {
  const before = viewer.pictures.length;
  await until(() => viewer.pictures.length > before + 3, what);
}

if (missingRedis === undefined) {
  test.before(async () => {
    redis = await RedisServer.start();
    camera = await startTestCamera();
    await Promise.all([start('a'), start('b')]);
    await until(() => isShared('a', 'b'), 'both machines have their share', 200);
  });
  test.after.always(async () => {
    await Promise.all([...machines.values()].map((served) => served[Symbol.asyncDispose]()));
    await camera?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });
}

withRedis('a viewer of one machine sees the cameras of the other, as JPEG and as H.264', async (t) => {
  for (const [here, there] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    using viewer = watch(here, await cameraOf(there));
    await sees(viewer, `${here} shows a camera of ${there}`);
    const { capturedMs, size } = viewer.pictures.at(-1)!.header;
    t.deepEqual(size, { widthPx: 64, heightPx: 48 });
    t.true(Math.abs(Date.now() - capturedMs) < 60_000);
  }
  using film = watch('a', await cameraOf('b'), 'fmp4');
  await until(() => film.pictures.some(({ header }) => header.kind === 'fmp4-fragment'), 'H.264 is relayed');
  t.is(film.pictures[0]?.header.kind, 'fmp4-init');
  t.regex(film.told('format')[0]?.mimeType ?? '', /avc1/);
  t.is((await holders('a'))['desk'], 'b', 'a camera with a machine of its own is there');
});

withRedis(
  'the other machine encodes once for all viewers, and metrics name the machine of each camera',
  async (t) => {
    const id = await cameraOf('b');
    using first = watch('a', id);
    using second = watch('a', id);
    await sees(first, 'the first viewer sees it');
    await sees(second, 'the second viewer sees it');
    const of = async (name: string): Promise<string> =>
      (await ask(`${machine(name).url}metrics`, { headers })).text;
    t.true((await of('b')).includes(`chromafeed_viewers{camera="${id}",kind="jpeg"} 1`), 'one connection');
    const text = await of('a');
    t.true(text.includes(`chromafeed_viewers{camera="${id}",kind="jpeg"} 2`));
    t.true(text.includes(`chromafeed_camera_machine{camera="${id}",machine="b"} 1`));
    t.true(text.includes('chromafeed_cluster_machines 2'));
    t.true(text.includes('chromafeed_cluster_redis_up 1'));
    t.regex(text, new RegExp(`chromafeed_relay_messages_total\\{camera="${id}"\\} \\d`));
  },
);

withRedis('one sign-in holds at all machines, and so does one sign-out; nobody passes without', async (t) => {
  const [a, b] = [machine('a').url, machine('b').url];
  t.is((await ask(`${b}api/cameras`)).status, 401);
  t.is((await ask(`${a}cluster/view`)).status, 401, 'only machines may ask this');
  using stranger = new DashboardSocket(a, { path: '/cluster/states' });
  await until(() => stranger.refused === 401, 'a stranger is no machine');
  const login = await ask(`${a}login`, { method: 'POST', body: { user: 'root', token } });
  const [cookie = ''] = (login.headers['set-cookie']?.[0] ?? '').split(';');
  const withCookie = { headers: { Cookie: cookie } };
  t.is((await ask(`${b}api/cameras`, withCookie)).status, 200);
  await ask(`${a}logout`, { method: 'POST', headers: { Cookie: cookie, Origin: a.slice(0, -1) } });
  await until(async () => (await ask(`${b}api/cameras`, withCookie)).status === 401, 'signed out there too');
});

withRedis('a change at any machine reaches the one that has the camera', async (t) => {
  const id = await cameraOf('b');
  const [a, b] = [machine('a').url, machine('b').url];
  const masks = [{ x: 0, y: 0, width: 0.5, height: 1 }];
  const put = await ask(`${a}api/cameras/${id}/masks`, { method: 'PUT', headers, body: { masks } });
  t.is(put.status, 200, put.text);
  t.deepEqual((await ask(`${b}api/cameras/${id}/masks`, { headers })).json(), { masks });
  const state = async (name: string): Promise<string | undefined> =>
    (await statuses(name)).find((status) => status.id === id)?.state.kind;
  await ask(`${a}api/cameras/${id}/pause`, { method: 'POST', headers });
  t.is(await state('b'), 'disabled');
  await until(async () => (await state('a')) === 'disabled', 'the first machine shows it');
  await ask(`${a}api/cameras/${id}/resume`, { method: 'POST', headers });
  await until(async () => (await state('b')) !== 'disabled', 'it runs again');
  const bad = await ask(`${a}api/cameras/nobody/pause`, { method: 'POST', headers });
  t.is(bad.status, 404);
});

withRedis('without Redis the cameras stay where they are, and so they do once it is back', async (t) => {
  const before = await holders('a');
  using viewer = watch('a', await cameraOf('b'));
  await sees(viewer, 'the camera of b');
  await redis?.kill();
  const outageMs = performance.now() + 4000; // longer than a lease
  while (performance.now() < outageMs) await sees(viewer, 'the camera of b, without Redis');
  t.deepEqual(await holders('a'), before);
  await redis?.run();
  const up = async (): Promise<boolean> =>
    (await ask(`${machine('a').url}metrics`, { headers })).text.includes('chromafeed_cluster_redis_up 1');
  await until(up, 'Redis answers again');
  await sees(viewer, 'the camera of b, with Redis again');
  t.deepEqual(await holders('a'), before);
  t.is(viewer.closed, undefined);
});

withRedis(
  'if a machine is killed, the other shows its cameras within 15 s, to the same viewer, with their masks',
  async (t) => {
    const id = await cameraOf('b');
    using viewer = watch('a', id);
    await sees(viewer, 'the camera of b');
    const { masks } = (await ask(`${machine('a').url}api/cameras/${id}/masks`, { headers })).json() as {
      masks: unknown[];
    };
    const killedMs = performance.now();
    await machine('b').kill();
    const isBack = async (): Promise<boolean> => (await holders('a'))[id] === 'a';
    await until(isBack, 'the other machine has the camera');
    await sees(viewer, 'the picture is back');
    const backMs = performance.now() - killedMs;
    t.log(`the picture was back after ${(backMs / 1000).toFixed(1)} s`);
    t.true(backMs < 12_000, `${backMs} ms`); // the default lease is 3 s longer
    t.is(viewer.closed, undefined, 'the viewer was never disconnected');
    t.is(masks.length, 1);
    t.deepEqual((await ask(`${machine('a').url}api/cameras/${id}/masks`, { headers })).json(), { masks });
    t.is((await holders('a'))['desk'], undefined, 'a camera with a machine of its own waits for it');
  },
);

withRedis('machines that join get their share, and each of three shows the cameras of all', async (t) => {
  await Promise.all([start('b'), start('c')]);
  await until(() => isShared('a', 'b', 'c'), 'three machines have their share', 500);
  t.is((await holders('c'))['desk'], 'b');
  for (const [here, there] of [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
  ] as const) {
    using viewer = watch(here, await cameraOf(there));
    await sees(viewer, `${here} shows a camera of ${there}`);
  }
});

withRedis(
  'a machine that stops leaves its cameras to the others, and nothing that is printed shows the secret',
  async (t) => {
    const { code } = await machine('b').stop();
    t.is(code, 0);
    const stoppedMs = performance.now();
    const areTaken = async (): Promise<boolean> => {
      const all = await holders('c');
      return cameras.every((id) => all[id] === 'a' || all[id] === 'c');
    };
    await until(areTaken, 'the others have all');
    t.true(performance.now() - stoppedMs < 6000, 'nobody waits for the end of the leases');
    for (const served of machines.values()) t.false(served.printed().includes(secret));
  },
);
