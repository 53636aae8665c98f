import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { withSegment, xmpSegment } from '../../../../src/stream/publish/jpeg-xmp.ts';
import { syntheticXmp } from '../../../../src/stream/synthetic-mark.ts';
import { ask } from '../../../helpers/ask.ts';
import { metricOf, publishConfig, testPublisher, tokens, users } from '../../../helpers/publisher.ts';
import { runFfmpeg } from '../../../helpers/run-ffmpeg.ts';
import { until } from '../../../helpers/until.ts';

const mark = { program: 'chromafeed 0.0.0', model: 'starter', modelVersion: 1 };

/** A response that does not end, with the part that has arrived. */
async function follow(
  t: ExecutionContext,
  url: URL,
): Promise<{ response: IncomingMessage; read: () => Buffer }> {
  const request = get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => undefined);
  t.teardown(() => request.destroy());
  return { response, read: () => Buffer.concat(chunks) };
}

/** The JPEGs of the complete parts of a multipart response, by their Content-Length. */
function partsOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n\r\n', at);
    const length = Number(/Content-Length: (\d+)/.exec(bytes.toString('latin1', at, end))?.[1]);
    if (end < 0 || !(bytes.length >= end + 4 + length)) return parts;
    parts.push(bytes.subarray(end + 4, end + 4 + length));
    at = end + 4 + length;
  }
}

test('a snapshot is made on demand and says in XMP that its colour is synthetic', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const door = cameras.camera('door');
  const asked = ask(new URL('api/cameras/door/snapshot.jpg', url));
  await until(() => door.running.length === 1, 'an encoder');
  t.deepEqual(door.running, ['1080']);
  door.show();
  const answer = await asked;
  t.is(answer.status, 200);
  t.is(answer.headers['content-type'], 'image/jpeg');
  t.is(answer.headers['cache-control'], 'no-store');
  const { width, height, format, xmp } = await sharp(answer.body).metadata();
  t.deepEqual({ width, height, format }, { width: 320, height: 180, format: 'jpeg' });
  t.is(xmp?.toString('utf8'), syntheticXmp(mark));
  await until(() => door.running.length === 0, 'the end of the encoder');
  t.is(door.encodes, 1);
});

test('a snapshot is never higher than requested', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const door = cameras.camera('door');
  const asked = ask(new URL('api/cameras/door/snapshot.jpg?height=150', url));
  await until(() => door.running.length === 1, 'an encoder');
  door.show();
  t.is((await sharp((await asked).body).metadata()).height, 144);
  for (const height of ['tall', '0', '-5', '1e9', '12.5'])
    t.is(
      (await ask(new URL(`api/cameras/door/snapshot.jpg?height=${height}`, url))).status,
      400,
      `height=${height}`,
    );
});

test('a camera without a picture answers 503 with Retry-After', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const answer = await ask(new URL('api/cameras/door/snapshot.jpg', url));
  t.is(answer.status, 503);
  t.is(answer.headers['retry-after'], '2');
  t.like(answer.json(), { code: 'NO_PICTURE' });
  t.deepEqual(cameras.camera('door').running, []);
});

test('XMP is inserted into JPEGs of sharp and ffmpeg without changing a pixel', async (t) => {
  const picture = { width: 64, height: 48, channels: 3, background: '#c04020' } as const;
  const { stdout } = await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48', '-frames:v', '1'],
    ...['-c:v', 'mjpeg', '-f', 'mjpeg', '-'],
  ]);
  for (const jpeg of [await sharp({ create: picture }).jpeg().toBuffer(), stdout]) {
    const marked = Buffer.concat(withSegment(jpeg, xmpSegment(syntheticXmp(mark))));
    const { xmp, format } = await sharp(marked).metadata();
    t.is(format, 'jpeg');
    t.is(xmp?.toString('utf8'), syntheticXmp(mark));
    const samples = [await sharp(jpeg).raw().toBuffer(), await sharp(marked).raw().toBuffer()];
    t.deepEqual(samples[1], samples[0]);
  }
});

test('an XMP packet that does not fit into a segment is refused', (t) => {
  t.notThrows(() => xmpSegment('x'.repeat(65_533 - 29)));
  t.throws(() => xmpSegment('x'.repeat(65_533 - 28)), { instanceOf: RangeError });
});

test('MJPEG sends each picture as a marked part that ffmpeg reads', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const door = cameras.camera('door');
  const { response, read } = await follow(t, new URL('api/cameras/door/mjpeg?height=180', url));
  await until(() => door.running.length === 1, 'an encoder');
  t.deepEqual(door.running, ['180 marked']);
  for (let count = 1; count <= 5; count++) {
    door.show();
    await until(() => partsOf(read()).length === count, `${count} parts`);
  }
  for (const part of partsOf(read()))
    t.is((await sharp(part).metadata()).xmp?.toString('utf8'), syntheticXmp(mark));
  const boundary = /boundary=(.+)/.exec(response.headers['content-type'] ?? '')?.[1] ?? '';
  const { stdout, stderr } = await runFfmpeg(
    [
      ...['-f', 'mpjpeg', '-strict_mime_boundary', '0', '-i', 'pipe:0', '-map', '0'],
      ...['-f', 'framecrc', '-'],
    ],
    { input: [read()] },
  );
  t.is(stdout.toString().match(/^0,/gm)?.length, 5, `${boundary} ${stderr}`);
  door.tell({ model: { name: 'tuned', version: 7 } });
  door.show();
  await until(() => partsOf(read()).length === 6, 'a part by another model');
  const { xmp } = await sharp(partsOf(read())[5]).metadata();
  t.is(xmp?.toString('utf8'), syntheticXmp({ ...mark, model: 'tuned', modelVersion: 7 }));
  response.destroy();
  await until(() => door.running.length === 0, 'the end of the encoder');
});

test('MJPEG sends fewer pictures per second on request', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const door = cameras.camera('door');
  const { read } = await follow(t, new URL('api/cameras/door/mjpeg?fps=5', url));
  await until(() => door.running.length === 1, 'an encoder');
  for (let i = 0; i < 50; i++) door.show(32, 32, 1000 + i * 40);
  await until(() => door.encodes === 50 && partsOf(read()).length === 10, '10 of 50 parts');
  t.pass();
});

test('for a slow MJPEG client at most one picture waits, and it is the newest', async (t) => {
  const { url, cameras, publisher, metrics } = await testPublisher(t);
  const door = cameras.camera('door');
  const { response, read } = await follow(t, new URL('api/cameras/door/mjpeg', url));
  await until(() => door.running.length === 1, 'an encoder');
  response.pause();
  let last = 0;
  for (let i = 0; i < 60; i++) {
    last = door.show(640, 360);
    await until(() => door.encodes === last, 'the encoder');
    t.true(publisher.viewers[0]!.bufferedBytes < 1_000_000);
  }
  const dropped = 'chromafeed_frames_dropped_total{camera="door",cause="viewer"}';
  t.true((await metricOf(metrics, dropped)) > 10);
  response.resume();
  const newest = door.show(642, 360);
  await until(() => partsOf(read()).length > 0, 'parts');
  await until(() => newest === door.encodes, 'the encoder');
  let width: number | undefined;
  while (width !== 642) {
    const count = partsOf(read()).length;
    width = (await sharp(partsOf(read()).at(-1)).metadata()).width;
    if (width !== 642) await until(() => partsOf(read()).length > count, 'a newer part');
  }
  t.true(partsOf(read()).length < 60);
});

test('MJPEG ends when its user loses the camera', async (t) => {
  const { url, cameras, publisher } = await testPublisher(t, publishConfig({ users }));
  const target = new URL('api/cameras/door/mjpeg', url);
  const request = get(target, { agent: false, headers: { Authorization: `Bearer ${tokens.anna}` } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  const ended = once(response, 'end');
  const fewer = [{ ...users[0], cameras: ['yard'] }, ...users.slice(1)];
  await publisher.update(publishConfig({ users: fewer }));
  await ended;
  t.deepEqual(cameras.camera('door').running, []);
});
