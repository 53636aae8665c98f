/** The whole command `chromafeed serve`: real RTSP cameras, real players, real signals. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import test, { type ExecutionContext } from 'ava';
import { hashToken } from '../../src/config/token-hash.ts';
import { ask, basic } from '../helpers/ask.ts';
import { DashboardSocket } from '../helpers/dashboard-socket.ts';
import { areGoneWithin, childrenOf, processesThatShow } from '../helpers/processes.ts';
import { runProgram } from '../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';
import { startServe, type Served } from '../helpers/serve.ts';
import { smallEmbedding } from '../helpers/small-embedding.ts';
import { startTestCamera } from '../helpers/test-camera.ts';
import { until } from '../helpers/until.ts';

const linux = process.platform === 'linux' ? test.serial : test.serial.skip;
const samples = fileURLToPath(new URL('../../../samples/', import.meta.url));
const long = 60_000;

/** A config with any free port. The network sees a small picture, because these tests do not check its colour. */
function config(cameras: Readonly<Record<string, string>>, more = '', engine: object = {}): string {
  const entries = Object.entries(cameras).map(
    ([id, settings]) => `  ${id}: { day: colorize, unwatched: full, ${settings} }`,
  );
  const seen = JSON.stringify({ shortSidePx: 64, embedding: smallEmbedding, ...engine });
  return `server: { port: 0 }\nlog: { level: debug, pretty: false }\nengine: ${seen}\n${more}\ncameras:\n${entries.join('\n')}\n`;
}

const film = (name: string): string => `source: "file:${samples}${name}.mp4"`;

/** The mean difference of red and blue over the picture: 0 for gray. */
async function colorOf(jpeg: Uint8Array): Promise<number> {
  const { data } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += Math.abs((data[i] ?? 0) - (data[i + 2] ?? 0));
  return sum / (data.length / 3);
}

/** The newest JPEG of a camera that a viewer has received. */
function newest(viewer: DashboardSocket, camera: string): Uint8Array | undefined {
  return viewer.pictures.findLast(({ header }) => header.camera === camera)?.payload;
}

async function figure(served: Served, name: string, label = ''): Promise<number> {
  const { text } = await ask(`${served.url}metrics`);
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Polls a condition until it is true. */
async function comesTrue(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + long;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test.serial('the demo shows two looped cameras in colour, and they share calls of the network', async (t) => {
  const file = fileURLToPath(new URL('../../../config/demo.yaml', import.meta.url));
  await using served = await startServe('', { file });
  using viewer = new DashboardSocket(served.url);
  await viewer.isGreeted();
  t.deepEqual(viewer.cameras, ['entrance', 'newsroom']);
  const streams = ['entrance', 'newsroom'].map((camera) => ({ camera, mode: 'jpeg', heightPx: 360 }));
  viewer.say({ type: 'watch', streams });
  for (const { camera } of streams) {
    await comesTrue(async () => {
      const jpeg = newest(viewer, camera);
      return jpeg !== undefined && (await colorOf(jpeg)) > 3;
    }, `${camera} is in colour`);
  }
  const sizes = new Set(
    viewer.pictures.map(({ header }) => `${header.size.widthPx}x${header.size.heightPx}`),
  );
  t.deepEqual([...sizes].sort(), ['480x360', '640x360']);
});

test.serial('pictures of several cameras of one size go through the network in one call', async (t) => {
  const cameras = Object.fromEntries(
    ['a', 'b', 'c'].map((id) => [id, `${film('entrance')}, motionGate: false`]),
  );
  await using served = await startServe(config(cameras, '', { maxWaitMs: 200 }));
  using viewer = new DashboardSocket(served.url);
  await viewer.isGreeted();
  viewer.say({
    type: 'watch',
    streams: Object.keys(cameras).map((camera) => ({ camera, mode: 'jpeg', heightPx: 180 })),
  });
  await comesTrue(async () => {
    const calls = await figure(served, 'chromafeed_engine_batch_pictures_count');
    const pictures = await figure(served, 'chromafeed_engine_batch_pictures_sum');
    return calls >= 3 && pictures > calls;
  }, 'a call with more than one picture');
  t.pass();
});

linux(
  'the same viewer sees a camera again that was killed and came back, and nobody sees its password',
  async (t) => {
    const secret = 'pa55/w0rd?&x';
    const token = 'qt9-hidden-token';
    await using camera = await startTestCamera({ user: 'viewer', password: secret });
    const login = `viewer:${encodeURIComponent(secret)}`;
    const env = { GATE_LOGIN: login };
    const gate = `source: "rtsp://\${GATE_LOGIN}@127.0.0.1:${camera.port}/cam", stallS: 2`;
    const web = `source: "http://127.0.0.1:9/stream?token=${token}"`;
    await using served = await startServe(config({ gate, web, other: film('entrance') }), { env });
    using viewer = new DashboardSocket(served.url);
    await viewer.isGreeted();
    viewer.watch('gate', 240);
    await until(() => viewer.pictures.length > 5, 'pictures of the camera', long);
    t.is(camera.connections.now, 1, 'one connection to the camera');
    for (const pid of childrenOf(served.pid))
      for (const hidden of [secret, encodeURIComponent(secret), token])
        t.false((await argumentsOf(pid)).includes(hidden), 'no argument shows a credential');

    await camera.kill();
    const states = (): string[] =>
      viewer
        .told('status')
        .filter(({ status }) => status.id === 'gate')
        .map(({ status }) => status.state.kind);
    await until(() => states().at(-1) === 'reconnecting', 'the loss is told', long);
    camera.password = 'another';
    await camera.restart();
    await until(() => served.printed().includes('401'), 'a wrong password is said', long);
    camera.password = secret;
    const before = viewer.pictures.length;
    await until(() => viewer.pictures.length > before + 5, 'the picture returns by itself', long);
    t.is(viewer.closed, undefined, 'the viewer was never disconnected');
    camera.stall();
    await until(() => states().includes('stalled'), 'the stall is noticed', long);
    camera.go();

    const outside = [
      ...[served.printed(), JSON.stringify(viewer.texts)],
      ...(
        await Promise.all(
          ['api/cameras', 'metrics', 'readyz', 'api/cameras/gate'].map((path) => ask(served.url + path)),
        )
      ).map(({ text }) => text),
    ].join('\n');
    for (const hidden of [secret, encodeURIComponent(secret), login, token])
      t.false(outside.includes(hidden), hidden);
    t.true(outside.includes('127.0.0.1'), 'what is not secret is told');
  },
);

linux(
  'after SIGTERM it ends in time and leaves nothing, even with a camera that never answers',
  async (t) => {
    await using camera = await startTestCamera();
    await camera.goSilent();
    const served = await startServe(config({ gate: `source: "${camera.url}"`, film: film('entrance') }));
    using viewer = new DashboardSocket(served.url);
    await viewer.isGreeted();
    viewer.watch('film');
    await until(() => viewer.pictures.length > 0, 'a picture', long);
    const children = childrenOf(served.pid);
    t.true(children.length >= 2, 'two readers');
    const { code, ms } = await served.stop();
    t.is(code, 0);
    t.true(ms < 5000, `${ms} ms`);
    await until(() => viewer.closed !== undefined, 'the viewer is told');
    t.is(viewer.closed?.code, 1001);
    t.true(await areGoneWithin(children, 1000));
    await served[Symbol.asyncDispose]();
  },
);

linux('after SIGKILL it leaves no ffmpeg behind, whatever they wait for', async (t) => {
  await using camera = await startTestCamera();
  await camera.goSilent();
  await using served = await startServe(
    config(
      { gate: `source: "${camera.url}"`, film: `${film('entrance')}, rtsp: true`, second: film('entrance') },
      'rtsp: { port: 0 }',
    ),
  );
  using viewer = new DashboardSocket(served.url);
  using wall = new DashboardSocket(served.url, { path: '/original/film' });
  await viewer.isGreeted();
  viewer.say({
    type: 'watch',
    streams: [
      { camera: 'film', mode: 'jpeg', heightPx: 180 },
      { camera: 'second', mode: 'fmp4', heightPx: 360 },
    ],
  });
  await until(() => viewer.pictures.length > 3 && wall.bytes.length > 2, 'pictures and the original', long);
  await until(() => childrenOf(served.pid).length >= 4, 'readers and encoders', long);
  const children = childrenOf(served.pid);
  await served.kill();
  t.true(await areGoneWithin(children, 5000));
});

test.serial(
  'a changed config applies, and cameras that it does not affect continue undisturbed',
  async (t) => {
    await using camera = await startTestCamera();
    const gate = `source: "${camera.url}"`;
    await using served = await startServe(config({ gate, old: film('entrance') }));
    using viewer = new DashboardSocket(served.url);
    await viewer.isGreeted();
    viewer.watch('gate');
    await until(() => viewer.pictures.length > 3, 'pictures', long);
    await served.rewrite('cameras: { gate: { sorce: x } }');
    await until(() => served.printed().includes('did you mean'), 'the fault is said', long);
    t.deepEqual(viewer.cameras, ['gate', 'old']);
    await served.rewrite(
      config({ gate: `${gate}, name: Main gate, saturation: 0.5`, fresh: film('entrance') }),
    );
    await until(() => viewer.cameras?.includes('fresh') === true, 'the new camera', long);
    t.deepEqual(viewer.cameras, ['gate', 'fresh']);
    await until(
      () => viewer.told('status').some(({ status }) => status.name === 'Main gate'),
      'the new name is told',
      long,
    );
    const before = viewer.pictures.length;
    await until(() => viewer.pictures.length > before + 3, 'pictures go on', long);
    t.is(camera.connections.total, 1, 'the camera was not connected anew');
    t.is(viewer.closed, undefined);
  },
);

linux("no child of the program has a camera's password in its arguments or its environment", async (t) => {
  const password = 'a1b2c3d4e5f60718';
  await using camera = await startTestCamera({ user: 'admin', password });
  const source = camera.url.replace(password, '${DOOR_PASSWORD}');
  await using served = await startServe(config({ door: `source: "${source}"` }), {
    env: { DOOR_PASSWORD: password },
  });
  using viewer = new DashboardSocket(served.url);
  using original = new DashboardSocket(served.url, { path: '/original/door' });
  await viewer.isGreeted();
  for (const mode of ['jpeg', 'fmp4']) {
    const before = viewer.pictures.length;
    viewer.say({ type: 'watch', streams: [{ camera: 'door', mode, heightPx: 180 }] });
    await until(() => viewer.pictures.length > before + 3, `pictures by ${mode}`, long);
    t.deepEqual(processesThatShow(password), [served.pid], mode);
  }
  await until(() => original.bytes.length > 0, 'the original', long);
  t.deepEqual(processesThatShow(password), [served.pid], 'the original');
  t.false(served.printed().includes(password));
});

test.serial('administrators add, pause and remove cameras while it runs', async (t) => {
  const token = 'an-administrators-token';
  const users = `server: { port: 0, users: [{ name: root, admin: true, tokenHash: "${hashToken(token)}" }] }`;
  const text = config({ film: film('entrance') }, 'api: { sources: [test] }');
  await using served = await startServe(text.replace('server: { port: 0 }', users));
  const api = `${served.url}api/cameras`;
  const headers = { Authorization: `Bearer ${token}` };
  const faulty = await ask(api, {
    method: 'POST',
    headers,
    body: { id: 'yard', source: 'ftp://x', colour: 1 },
  });
  t.is(faulty.status, 400);
  t.regex(faulty.text, /colour/);
  const body = { id: 'yard', source: 'test:testsrc2=rate=10' };
  t.is((await ask(api, { method: 'POST', body })).status, 401);
  t.is((await ask(api, { method: 'POST', headers, body })).status, 201);
  const stateOf = async (id: string): Promise<string> =>
    ((await ask(`${api}/${id}`, { headers })).json() as { state: { kind: string } }).state.kind;
  await comesTrue(async () => (await stateOf('yard')) === 'live', 'the new camera is live');
  t.true((await ask(`${api}/yard/pause`, { method: 'POST', headers })).status < 300);
  t.is(await stateOf('yard'), 'disabled');
  t.true((await ask(`${api}/yard/resume`, { method: 'POST', headers })).status < 300);
  await comesTrue(async () => (await stateOf('yard')) === 'live', 'it is live again');
  t.true((await ask(`${api}/yard`, { method: 'DELETE', headers })).status < 300);
  t.is((await ask(`${api}/yard`, { headers })).status, 404);
});

test.serial(
  'colour goes out by RTSP, fMP4, MJPEG and as a snapshot, the original as MPEG-1, each to those who may see it',
  async (t) => {
    const [tokenOfAll, tokenOfNone] = ['all-may-be-seen', 'nothing-may-be-seen'];
    const users = `server: { port: 0, users: [{ name: nvr, tokenHash: "${hashToken(tokenOfAll)}" }, { name: guest, tokenHash: "${hashToken(tokenOfNone)}", cameras: [other] }] }`;
    const text = config(
      { film: `${film('entrance')}, rtsp: true`, other: film('entrance') },
      'rtsp: { port: 0 }',
    );
    await using served = await startServe(text.replace('server: { port: 0 }', users));
    const rtsp = /rtsp:\/\/(\S+)\/film/.exec(served.printed())?.[1] ?? '';
    const folder = await tempFolder(t);

    const pulled = join(folder, 'pulled.mkv');
    const pull = [
      '-rtsp_transport',
      'tcp',
      '-i',
      `rtsp://nvr:${tokenOfAll}@${rtsp}/film`,
      '-frames:v',
      '12',
      '-c',
      'copy',
    ];
    await runFfmpeg([...pull, pulled]);
    const { stdout } = await runFfmpeg([
      '-i',
      pulled,
      '-vf',
      'scale=64:36',
      '-fps_mode',
      'passthrough',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-',
    ]);
    t.is(stdout.length, 12 * 64 * 36 * 3);
    await t.throwsAsync(
      runFfmpeg([
        '-rtsp_transport',
        'tcp',
        '-i',
        `rtsp://guest:${tokenOfNone}@${rtsp}/film`,
        '-f',
        'null',
        '-',
      ]),
      {
        message: /401/,
      },
    );

    const authorization = basic('nvr', tokenOfAll);
    using viewer = new DashboardSocket(served.url, { headers: { authorization } });
    await viewer.isGreeted();
    viewer.watch('film', 360, 'fmp4');
    await until(() => viewer.pictures.length > 12, 'fragments', long);
    t.is(viewer.pictures[0]?.header.kind, 'fmp4-init');
    const mp4 = join(folder, 'film.mp4');
    await writeFile(mp4, Buffer.concat(viewer.pictures.map(({ payload }) => payload)));
    const { stdout: frames } = await runFfmpeg(['-i', mp4, '-f', 'rawvideo', '-pix_fmt', 'gray', '-']);
    t.true(frames.length >= 12 * 640 * 360);

    const headers = { authorization };
    const snapshot = await ask(`${served.url}api/cameras/film/snapshot.jpg`, { headers });
    const { xmp, width } = await sharp(snapshot.body).metadata();
    t.is(width, 640);
    t.regex(String(xmp), /compositeWithTrainedAlgorithmicMedia[\s\S]*efficientnet-lite/);
    t.is((await ask(`${served.url}api/cameras/film/snapshot.jpg`)).status, 401);
    const guest = { authorization: basic('guest', tokenOfNone) };
    t.is((await ask(`${served.url}api/cameras/film/snapshot.jpg`, { headers: guest })).status, 404);

    const mjpeg = [
      '-headers',
      `Authorization: ${authorization}\r\n`,
      '-i',
      `${served.url}api/cameras/film/mjpeg`,
    ];
    const { stdout: shown } = await runFfmpeg([
      ...mjpeg,
      '-frames:v',
      '5',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      '-',
    ]);
    t.is(shown.length, 5 * 640 * 360);
    await originalIsGray(t, served, authorization);
  },
);

/** What jsmpeg players get: MPEG-1 in MPEG-TS, without colour. */
async function originalIsGray(t: ExecutionContext, served: Served, authorization: string): Promise<void> {
  using wall = new DashboardSocket(served.url, { path: '/original/film', headers: { authorization } });
  await until(() => wall.bytes.reduce((sum, bytes) => sum + bytes.length, 0) > 150_000, 'MPEG-TS', long);
  t.is(wall.bytes[0]?.subarray(0, 4).toString(), 'jsmp');
  const file = join(await tempFolder(t), 'original.ts');
  await writeFile(file, Buffer.concat(wall.bytes.slice(1)));
  const decode = ['-f', 'mpegts', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'];
  const { stdout } = await runFfmpeg(decode);
  const luma = 640 * 360;
  t.true(stdout.length >= luma * 1.5 * 10);
  const chroma = stdout.subarray(luma, luma * 1.5);
  t.true(
    chroma.every((value) => Math.abs(value - 128) <= 1),
    'it has no colour',
  );
}

test('a faulty config is refused with all of its faults', async (t) => {
  const folder = await tempFolder(t);
  const file = join(folder, 'faulty.yaml');
  await writeFile(
    file,
    'server: { prt: 1 }\ncameras:\n  Gate: { source: "test:x" }\n  yard: { source: 5 }\n',
  );
  const { code, stderr } = await runProgram('serve', file);
  t.is(code, 2);
  t.regex(stderr, /faulty\.yaml:1:\d+: server\.prt/);
  t.regex(stderr, /faulty\.yaml:4:\d+: cameras\.yard\.source/);
  t.is((await runProgram('serve', join(folder, 'none.yaml'))).code, 3);
});

async function argumentsOf(pid: number): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
