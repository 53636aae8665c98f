import test, { type ExecutionContext } from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { until } from '../../../helpers/program.ts';
import { ffmpegPath, runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { RtspClient } from '../../../helpers/rtsp-client.ts';
import { startTestCamera, type TestCamera, type TestCameraOptions } from '../../../helpers/test-camera.ts';

async function open(t: ExecutionContext, options: TestCameraOptions = {}): Promise<TestCamera> {
  const camera = await startTestCamera({ size: { widthPx: 160, heightPx: 96 }, fps: 10, ...options });
  t.teardown(() => camera[Symbol.asyncDispose]());
  return camera;
}

async function openClient(t: ExecutionContext, camera: TestCamera): Promise<RtspClient> {
  const client = await RtspClient.connect(camera.port, camera.path);
  t.teardown(() => client[Symbol.dispose]());
  return client;
}

/** Reads frames with a real ffmpeg and returns its log, however it ends. */
async function pull(camera: TestCamera, ...options: string[]): Promise<{ frames: number; log: string }> {
  const args = ['-v', 'info', '-rtsp_transport', 'tcp', '-timeout', '5000000', '-i', camera.url];
  const child = spawn(ffmpegPath, [...args, ...options, '-f', 'framemd5', '-'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, log] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  return { frames: out.toString().match(/^0,/gm)?.length ?? 0, log: log.toString() };
}

test('a reader gets frames over one connection, with the password', async (t) => {
  const camera = await open(t, { user: 'op', password: 'a:b@c/d ü' });
  t.is((await pull(camera, '-frames:v', '5')).frames, 5);
  await until(() => camera.connections.now === 0, 'it has left');
  t.deepEqual(camera.connections, { now: 0, total: 1, playing: 0 });
  camera.password = 'another';
  t.regex((await pull(camera)).log, /401 Unauthorized/);
});

test('a full-range camera sends full range and says so, a limited one sends limited', async (t) => {
  for (const [range, said, black] of [
    ['full', ' yuvj420p(', 0],
    ['limited', ' yuv420p(', 16],
  ] as const) {
    const camera = await open(t, { range, source: { lavfi: 'color=black' } });
    const { log } = await pull(camera, '-vf', 'signalstats,metadata=print', '-frames:v', '1');
    t.true(log.includes(said), log);
    const [, mean = ''] = /YAVG=([\d.]+)/.exec(log) ?? [];
    t.true(Math.abs(Number(mean) - black) <= 1, `black is ${mean}`);
  }
});

test('a killed camera cuts its readers off and refuses others, until it is restarted at the same port', async (t) => {
  const camera = await open(t);
  const client = await openClient(t, camera);
  await client.play();
  t.like(camera.connections, { now: 1, playing: 1 });
  const { port } = camera;
  await camera.kill();
  await client.closed;
  const [error] = (await once(connect(port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNREFUSED');
  await camera.restart();
  t.is(camera.port, port);
  t.is((await pull(camera, '-frames:v', '3')).frames, 3);
  t.is(camera.connections.total, 2);
});

test('a stalled camera keeps its connections, answers, and sends nothing until it goes on', async (t) => {
  const camera = await open(t);
  const client = await openClient(t, camera);
  const session = await client.play();
  await until(() => client.packets.length > 5, 'packets');
  camera.stall();
  let filmed = 0;
  camera.accessUnits$.subscribe(() => filmed++);
  t.is((await client.request('GET_PARAMETER', { Session: session })).status, 200);
  const before = client.packets.length;
  await until(() => filmed >= 5, 'five pictures were filmed');
  t.is((await client.request('GET_PARAMETER', { Session: session })).status, 200);
  t.is(client.packets.length, before);
  camera.go();
  await until(() => client.packets.length > before, 'packets again');
});

test('a corrupt camera makes a decoder complain, and then sends correct data again', async (t) => {
  const camera = await open(t);
  camera.corrupt(0.01);
  const { log } = await pull(camera, '-t', '1');
  t.regex(log, /error while decoding|non-existing|Invalid|concealing|decode_slice/);
  camera.corrupt(0);
  await runFfmpeg([
    '-xerror',
    '-rtsp_transport',
    'tcp',
    '-i',
    camera.url,
    '-frames:v',
    '5',
    '-f',
    'null',
    '-',
  ]);
});

test('a silent camera accepts connections and never answers', async (t) => {
  const camera = await open(t);
  await camera.goSilent();
  const client = await openClient(t, camera);
  let isAnswered = false;
  void client.request('OPTIONS').then(
    () => (isAnswered = true),
    () => undefined,
  );
  await until(() => camera.connections.now === 1, 'it is connected');
  await camera.restart();
  await client.closed;
  t.false(isAnswered);
  t.is((await pull(camera, '-frames:v', '2')).frames, 2);
});

test('DESCRIBE is answered after the requested delay', async (t) => {
  const camera = await open(t, { describeDelayMs: 700 });
  const client = await openClient(t, camera);
  const startMs = performance.now();
  t.is((await client.request('DESCRIBE')).status, 200);
  t.true(performance.now() - startMs >= 690);
});

test('after a change of size the same connection continues', async (t) => {
  const camera = await open(t);
  const scaled = pull(camera, '-vf', 'showinfo', '-frames:v', '40', '-fps_mode', 'passthrough');
  await until(() => camera.connections.playing === 1, 'it is read');
  await camera.resize({ widthPx: 240, heightPx: 160 });
  const { log } = await scaled;
  t.regex(log, / s:160x96 /);
  t.regex(log, /Changing video frame properties.*240x160|s:240x160/);
  t.is(camera.connections.total, 1);
});

test('a filter before encoding makes the camera gray', async (t) => {
  const camera = await open(t, { filter: 'hue=s=0' });
  const { log } = await pull(camera, '-vf', 'signalstats,metadata=print', '-frames:v', '2');
  const saturations = [...log.matchAll(/SATAVG=([\d.]+)/g)].map(([, value]) => Number(value));
  t.true(saturations.length >= 2 && saturations.every((value) => value < 2), String(saturations));
});

test('a film is shown again from its start when it has ended', async (t) => {
  const file = join(await tempFolder(t), 'film.mp4');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=160x96:r=10', '-frames:v', '8', '-c:v', 'libx264', file]);
  const camera = await open(t, { source: { file } });
  t.is((await pull(camera, '-frames:v', '20')).frames, 20);
});
