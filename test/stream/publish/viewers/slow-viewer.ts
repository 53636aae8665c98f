import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { DashboardSocket } from '../../../helpers/dashboard-socket.ts';
import { metricOf, testPublisher, type TestPublisher } from '../../../helpers/publisher.ts';
import { until } from '../../../helpers/until.ts';

const dropped = 'chromafeed_frames_dropped_total{camera="door",cause="viewer"}';

/** A client's text frame, masked with zeros. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A viewer on a raw socket that requests the door and then reads nothing. */
async function stalledViewer(
  t: ExecutionContext,
  { publisher }: TestPublisher,
  { mode = 'jpeg', path = '/ws' } = {},
): Promise<Socket> {
  const socket = connect({ port: publisher.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  socket.write(
    [
      ...[`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'],
      ...['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, '', ''],
    ].join('\r\n'),
  );
  await once(socket, 'data');
  socket.pause();
  if (path === '/ws')
    socket.write(
      maskedText(JSON.stringify({ type: 'watch', streams: [{ camera: 'door', mode, heightPx: 720 }] })),
    );
  return socket;
}

test('a stalled viewer holds less than 1.5 MB and its drops are counted, while a fast viewer loses nothing', async (t) => {
  const server = await testPublisher(t);
  const door = server.cameras.camera('door');
  await stalledViewer(t, server);
  using fast = new DashboardSocket(server.url);
  await fast.isGreeted();
  fast.watch('door', 720);
  await until(
    () => server.publisher.viewers.every(({ cameras }) => cameras.length === 1),
    'two viewers of the door',
  );
  let highest = 0;
  const frames = 60;
  for (let count = 1; count <= frames; count++) {
    door.show(960, 540);
    await until(() => fast.pictures.length === count, `picture ${count}`);
    for (const { bufferedBytes } of server.publisher.viewers) highest = Math.max(highest, bufferedBytes);
  }
  t.deepEqual(
    fast.pictures.map(({ header }) => header.sequence),
    Array.from({ length: frames }, (_, i) => i + 1),
  );
  const bytes = fast.pictures.reduce((sum, { payload }) => sum + payload.length, 0);
  t.true(bytes > 15_000_000, `more than any socket's own buffers: ${bytes}`);
  t.true(highest > 100_000 && highest < 1_500_000, `${highest} bytes waited`);
  t.true((await metricOf(server.metrics, dropped)) > 10);
  t.is(door.encodes, frames);
});

test('a viewer that reads again gets the newest picture, not the oldest', async (t) => {
  const server = await testPublisher(t);
  const door = server.cameras.camera('door');
  using slow = new DashboardSocket(server.url);
  await slow.isGreeted();
  slow.watch('door', 720);
  await until(() => door.running.length === 1, 'an encoder');
  slow.socket.pause();
  let last = 0;
  while ((await metricOf(server.metrics, dropped)) < 5) {
    last = door.show(960, 540);
    await until(() => door.encodes === last, 'the encoder');
  }
  slow.socket.resume();
  await until(() => slow.pictures.at(-1)?.header.sequence === last, 'the newest');
  t.true(slow.pictures.length <= last - 5);
});

test('a slow viewer of H.264 continues at a keyframe', async (t) => {
  const server = await testPublisher(t);
  const { video } = server.cameras.camera('door');
  using slow = new DashboardSocket(server.url);
  await slow.isGreeted();
  slow.watch('door', 720, 'fmp4');
  await until(() => video.isWatched, 'a subscription');
  video.show(true);
  await until(() => slow.pictures.length === 2, 'a beginning');
  slow.socket.pause();
  while ((await metricOf(server.metrics, dropped)) < 20) {
    video.show(false, 200_000);
    t.true(server.publisher.viewers[0]!.bufferedBytes <= 1_100_000);
    await new Promise(setImmediate);
  }
  slow.socket.resume();
  await until(() => server.publisher.viewers[0]!.bufferedBytes === 0, 'an empty buffer');
  video.show(false);
  video.show(false);
  video.show(true);
  video.show(false);
  await until(
    () => slow.pictures.at(-2)?.header.isKeyframe === true && slow.pictures.length > 3,
    'the keyframe and the picture after it',
  );
  const [key] = slow.pictures
    .map(({ header }) => header)
    .filter(({ isKeyframe }) => isKeyframe)
    .slice(-1);
  const sequences = slow.pictures.slice(1).map(({ header }) => header.sequence);
  const gaps = sequences.filter((sequence, i) => i > 0 && sequence !== sequences[i - 1]! + 1);
  t.deepEqual(gaps, [key!.sequence], 'the only gap ends at the keyframe');
});

test('a stalled player of an original holds less than 1.5 MB', async (t) => {
  const server = await testPublisher(t);
  const door = server.cameras.camera('door');
  await stalledViewer(t, server, { path: '/original/door' });
  await until(() => door.isOriginalWatched, 'a subscription');
  let highest = 0;
  for (let i = 0; i < 1000; i++) {
    door.showOriginal(Buffer.alloc(188 * 174, i));
    highest = Math.max(highest, server.publisher.viewers[0]!.bufferedBytes);
    if (i % 20 === 0) await new Promise(setImmediate);
  }
  t.true(highest > 500_000 && highest < 1_500_000, `${highest} bytes waited`);
  t.true((await metricOf(server.metrics, dropped)) > 100);
});

test('a viewer that accepts nothing for 30 s is closed with 1013, and its streams end at once', async (t) => {
  let nowMs = 0;
  const server = await testPublisher(t, undefined, { limits: { sweepMs: 20 }, nowMs: () => nowMs });
  const door = server.cameras.camera('door');
  using slow = new DashboardSocket(server.url);
  await slow.isGreeted();
  slow.watch('door', 720);
  await until(() => door.running.length === 1, 'an encoder');
  slow.socket.pause();
  while ((await metricOf(server.metrics, dropped)) < 5) {
    const last = door.show(960, 540);
    await until(() => door.encodes === last, 'the encoder');
  }
  nowMs += 30_000;
  await until(() => door.running.length === 0, 'the end of the encoder');
  slow.socket.resume();
  await until(() => slow.closed !== undefined, 'the close');
  t.is(slow.closed?.code, 1013);
});

test('a connection that does not answer pings is cut; one that answers stays', async (t) => {
  let nowMs = 0;
  const server = await testPublisher(t, undefined, { limits: { sweepMs: 20 }, nowMs: () => nowMs });
  using lively = new DashboardSocket(server.url);
  await lively.isGreeted();
  let pings = 0;
  lively.socket.on('ping', () => pings++);
  await stalledViewer(t, server);
  await until(() => server.publisher.viewers.length === 2, 'two viewers');
  for (let round = 1; round <= 3; round++) {
    nowMs += 15_000;
    await until(() => pings === round, 'a ping');
    lively.say({ type: 'time', id: round });
    await until(() => lively.told('time').length === round, 'an answer, and so the pong before it');
  }
  t.is(server.publisher.viewers.length, 1);
  t.is(lively.closed, undefined);
});
