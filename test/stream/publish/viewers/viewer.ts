import test from 'ava';
import { NEVER } from 'rxjs';
import sharp from 'sharp';
import { DashboardSocket } from '../../../helpers/dashboard-socket.ts';
import { metricOf, publishConfig, testPublisher, tokens, users } from '../../../helpers/publisher.ts';
import { until } from '../../../helpers/until.ts';

test('a viewer gets a greeting, the cameras, and then each change at once', async (t) => {
  const { url, cameras } = await testPublisher(t);
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  t.deepEqual(
    socket.texts.map(({ type }) => type),
    ['hello', 'cameras'],
  );
  t.like(socket.texts[0], { protocol: 1, program: 'chromafeed 0.0.0' });
  t.regex(socket.told('hello')[0]!.notice, /synthetic/);
  cameras.camera('yard').tell({ isNight: true });
  await until(() => socket.told('status').length === 1, 'a status');
  t.like(socket.told('status')[0]!.status, { id: 'yard', isNight: true });

  await cameras.add('barn', { source: 'test:testsrc2' });
  await until(() => socket.cameras?.length === 3, 'a new list');
  t.deepEqual(socket.cameras, ['door', 'yard', 'barn']);
});

test('when a camera gets another name, the list is sent again', async (t) => {
  const { url, cameras } = await testPublisher(t);
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  cameras.camera('door').tell({ name: 'Front door' });
  await until(() => socket.told('cameras').length === 2, 'another list');
  t.like(socket.told('cameras')[1], { cameras: [{ name: 'Front door' }, { name: 'Camera yard' }] });
  t.is(socket.told('status').length, 0);
});

test('pictures arrive as whole JPEGs with a header', async (t) => {
  const { url, cameras, metrics } = await testPublisher(t);
  const door = cameras.camera('door');
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  socket.watch('door', 180);
  await until(() => door.running.length === 1, 'an encoder');
  t.deepEqual(door.running, ['180'], 'without the mark: the page has its own');
  const beforeMs = performance.timeOrigin + performance.now();
  const sequence = door.show();
  await until(() => socket.pictures.length === 1, 'a picture');
  const { header, payload } = socket.pictures[0]!;
  t.like(header, { kind: 'jpeg', camera: 'door', sequence, isKeyframe: true });
  t.deepEqual(header.size, { widthPx: 320, heightPx: 180 });
  t.true(header.capturedMs >= beforeMs && header.sentMs >= header.capturedMs);
  const { width, height } = await sharp(payload).metadata();
  t.deepEqual({ width, height }, { width: 320, height: 180 });
  t.is(await metricOf(metrics, 'chromafeed_frames_sent_total{camera="door"}'), 1);
  t.is(await metricOf(metrics, 'chromafeed_frame_latency_seconds_count{camera="door"}'), 1);
});

test('two viewers of one size share an encoder, which ends with the last of them', async (t) => {
  const { url, cameras, metrics } = await testPublisher(t);
  const door = cameras.camera('door');
  using one = new DashboardSocket(url);
  using two = new DashboardSocket(url);
  await Promise.all([one.isGreeted(), two.isGreeted()]);
  const viewers = (): Promise<number> => metricOf(metrics, 'chromafeed_viewers{camera="door",kind="jpeg"}');
  one.watch('door', 180);
  two.watch('door', 200); // the next height that is available
  one.say({ type: 'time', id: 1 });
  two.say({ type: 'time', id: 1 });
  await until(() => one.told('time').length + two.told('time').length === 2, 'answers behind the requests');
  t.deepEqual(door.running, ['180']);
  t.is(await viewers(), 2);
  for (let count = 1; count <= 10; count++) {
    door.show();
    await until(() => Math.min(one.pictures.length, two.pictures.length) === count, 'a picture for both');
  }
  t.is(door.encodes, 10);

  one.say({ type: 'watch', streams: [] });
  one.say({ type: 'time', id: 2 });
  await until(() => one.told('time').length === 2, 'an answer');
  t.is(await viewers(), 1);
  t.deepEqual(door.running, ['180']);
  two.socket.close();
  await until(() => door.running.length === 0, 'the end of the encoder');
  t.is(await viewers(), 0);
});

test('a request replaces the last one and does not interrupt streams that stay', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const [door, yard] = [cameras.camera('door'), cameras.camera('yard')];
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  const stream = (camera: string, heightPx: number): object => ({ camera, mode: 'jpeg', heightPx });
  socket.say({ type: 'watch', streams: [stream('door', 180), stream('yard', 360)] });
  await until(() => yard.running.length === 1, 'encoders');
  socket.say({ type: 'watch', streams: [stream('door', 180), stream('yard', 720)] });
  await until(() => yard.running[0] === '720', 'the other size');
  t.deepEqual([door.running, yard.running], [['180'], ['720']]);
  socket.say({ type: 'watch', streams: [stream('yard', 720)] });
  await until(() => door.running.length === 0, 'the end of the first');
  t.deepEqual(yard.running, ['720']);
});

test('a slightly resized tile, or the same request again, restarts nothing', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const [door, yard] = [cameras.camera('door'), cameras.camera('yard')];
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  for (const heightPx of [360, 365, 400, 431])
    socket.say({
      type: 'watch',
      streams: [
        { camera: 'door', mode: 'jpeg', heightPx },
        { camera: 'yard', mode: 'fmp4', heightPx },
      ],
    });
  await until(() => yard.video.isWatched, 'a subscription');
  yard.video.show(true);
  socket.say({ type: 'time', id: 1 });
  await until(() => socket.told('time').length === 1, 'an answer behind the requests');
  t.is(door.starts, 1);
  yard.video.show(false);
  await until(() => socket.pictures.length === 3, 'init and two fragments');
  t.is(socket.told('format').length, 1);
});

test('no picture exceeds the maximum height, which can change', async (t) => {
  const { url, cameras, publisher } = await testPublisher(t, publishConfig({}, { maxHeightPx: 360 }));
  const door = cameras.camera('door');
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  socket.watch('door', 2000);
  await until(() => door.running[0] === '360', 'an encoder');
  await publisher.update(publishConfig({}, { maxHeightPx: 720 }));
  t.deepEqual(door.running, ['720']);
});

test('a request for fewer pictures per second skips some, which do not count as drops', async (t) => {
  const { url, cameras, metrics } = await testPublisher(t);
  const door = cameras.camera('door');
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  socket.say({ type: 'watch', streams: [{ camera: 'door', mode: 'jpeg', heightPx: 180, fps: 10 }] });
  await until(() => door.running.length === 1, 'an encoder');
  for (let i = 0; i < 50; i++) {
    door.show(32, 32, 1000 + i * 40);
    await until(() => door.encodes === i + 1, 'the encoder');
  }
  await until(() => socket.pictures.at(-1)?.header.sequence === 49, 'the last one');
  t.is(socket.pictures.length, 20);
  t.is(await metricOf(metrics, 'chromafeed_frames_dropped_total{camera="door",cause="viewer"}'), 0);
});

test('H.264 starts with format, init and a keyframe, and again when the encoder restarts', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const { video } = cameras.camera('door');
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  socket.watch('door', 360, 'fmp4');
  await until(() => video.isWatched, 'a subscription');
  for (const isKeyframe of [false, false, true, false]) video.show(isKeyframe);
  video.restart();
  for (const isKeyframe of [false, true, false]) video.show(isKeyframe);
  await until(() => socket.pictures.length === 6, 'fragments');
  t.deepEqual(
    socket.pictures.map(
      ({ header }) => `${header.kind} ${header.sequence} ${header.isKeyframe ? 'key' : ''}`,
    ),
    [
      ...['fmp4-init 3 key', 'fmp4-fragment 3 key', 'fmp4-fragment 4 '],
      ...['fmp4-init 6 key', 'fmp4-fragment 6 key', 'fmp4-fragment 7 '],
    ],
  );
  t.is(socket.told('format').length, 2);
  t.is(socket.told('format')[0]!.mimeType, 'video/mp4; codecs="avc1.42C01F"');
  t.is(socket.pictures[1]!.payload.length, 1000);
  socket.say({ type: 'watch', streams: [] });
  await until(() => !video.isWatched, 'the end of the subscription');
});

test('an original is what jsmpeg players expect: their header, then MPEG-TS', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const door = cameras.camera('door');
  // jsmpeg requests the subprotocol "null" and fails if the server does not accept it.
  using socket = new DashboardSocket(url, {
    path: '/original/door',
    protocols: ['null'],
  });
  await until(() => door.isOriginalWatched && socket.bytes.length === 1, 'a header');
  t.deepEqual([...socket.bytes[0]!], [...Buffer.from('jsmp'), 320 >> 8, 320 & 255, 180 >> 8, 180 & 255]);
  t.is(socket.socket.protocol, 'null');
  const chunk = Buffer.alloc(188 * 7, 0x47);
  door.showOriginal(chunk);
  await until(() => socket.bytes.length === 2, 'a chunk');
  t.true(socket.bytes[1]!.equals(chunk));
  socket.socket.close();
  await until(() => !door.isOriginalWatched, 'the end of the subscription');
});

test('viewers of an original are closed when the config no longer publishes it', async (t) => {
  const original = { chunks$: NEVER };
  const { url, cameras } = await testPublisher(t, publishConfig(), {
    originalOf: ({ status }) => (status.hasOriginal ? original : undefined),
  });
  using socket = new DashboardSocket(url, { path: '/original/door' });
  await until(() => socket.bytes.length === 1, 'a header');
  cameras.camera('door').tell({ fpsIn: 12 });
  t.is(socket.closed, undefined);
  cameras.camera('door').tell({ hasOriginal: false });
  await until(() => socket.closed !== undefined, 'a close');
  t.is(socket.closed?.code, 1008);
});

test('a viewer that asks again gets the current picture', async (t) => {
  const { url, cameras, metrics } = await testPublisher(t);
  const door = cameras.camera('door');
  using stays = new DashboardSocket(url);
  await stays.isGreeted();
  stays.watch('door');
  await until(() => door.running.length === 1, 'an encoder');
  const sequence = door.show();
  await until(() => stays.pictures.length === 1, 'a picture');
  for (let visit = 0; visit < 3; visit++) {
    using comes = new DashboardSocket(url);
    await comes.isGreeted();
    comes.watch('door');
    await until(() => comes.pictures.length === 1, 'the last picture');
    t.is(comes.pictures[0]!.header.sequence, sequence);
  }
  t.is(door.encodes, 1);
  const latencies = await metricOf(metrics, 'chromafeed_frame_latency_seconds_count{camera="door"}');
  t.is(latencies, 1, 'a picture that waited for its viewer tells nothing of the way');
});

test('a request for a camera that does not exist gets an error, and the stream once the camera exists', async (t) => {
  const { url, cameras, metrics } = await testPublisher(t);
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  socket.watch('barn');
  await until(() => socket.told('error').length === 1, 'an error');
  t.like(socket.told('error')[0], { code: 'NOT_FOUND' });
  t.notRegex(await metrics.registry.metrics(), /barn/, 'invented names make no series');
  await cameras.add('barn', { source: 'test:testsrc2' });
  const barn = cameras.camera('barn');
  await until(() => barn.running.length === 1, 'an encoder');
  barn.show();
  await until(() => socket.pictures.length === 1, 'a picture');
  await cameras.remove('barn');
  await until(() => socket.cameras?.includes('barn') === false, 'a list without it');
  t.deepEqual(barn.running, []);
});

test('users change while their viewers stay: cameras come and go, a removed user is closed', async (t) => {
  const { url, cameras, publisher } = await testPublisher(t, publishConfig({ users }));
  const headers = { Authorization: `Bearer ${tokens.anna}` };
  using anna = new DashboardSocket(url, { headers });
  await anna.isGreeted();
  anna.watch('door');
  await until(() => cameras.camera('door').running.length === 1, 'an encoder');
  const [annaNow, ...others] = users;
  await publisher.update(publishConfig({ users: [{ ...annaNow, cameras: ['yard'] }, ...others] }));
  t.deepEqual(cameras.camera('door').running, []);
  await until(() => anna.cameras?.[0] === 'yard', 'the other list');
  anna.watch('yard');
  await until(() => cameras.camera('yard').running.length === 1, 'an encoder');
  t.is(anna.closed, undefined);
  await publisher.update(publishConfig({ users: others }));
  t.deepEqual(cameras.camera('yard').running, []);
  await until(() => anna.closed !== undefined, 'the close');
  t.is(anna.closed?.code, 1008);
});

test('when a token changes, the viewers of its user are closed', async (t) => {
  const { url, publisher } = await testPublisher(t, publishConfig({ users }));
  using anna = new DashboardSocket(url, { headers: { Authorization: `Bearer ${tokens.anna}` } });
  using ben = new DashboardSocket(url, { headers: { Authorization: `Bearer ${tokens.ben}` } });
  await Promise.all([anna.isGreeted(), ben.isGreeted()]);
  const changed = [{ ...users[0], tokenHash: users[1]!.tokenHash }, ...users.slice(1)];
  await publisher.update(publishConfig({ users: changed }));
  await until(() => anna.closed !== undefined, 'the close');
  ben.say({ type: 'time', id: 1 });
  await until(() => ben.told('time').length === 1, 'an answer');
  t.is(ben.closed, undefined);
});

test('no more viewers than allowed can connect', async (t) => {
  const { url, publisher } = await testPublisher(t, publishConfig({ maxViewers: 2 }));
  using one = new DashboardSocket(url);
  using two = new DashboardSocket(url, { path: '/original/door' });
  await until(() => publisher.viewers.length === 2, 'two viewers');
  using three = new DashboardSocket(url);
  await until(() => three.refused !== undefined, 'a refusal');
  t.is(three.refused, 503);
  two.socket.close();
  await until(() => publisher.viewers.length === 1, 'one viewer');
  using four = new DashboardSocket(url);
  await four.isGreeted();
  t.is(one.closed, undefined);
});
