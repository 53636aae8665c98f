import test from 'ava';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { HttpSource } from '../../helpers/http-source.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';
import { seededRandom } from '../../helpers/seeded.ts';
import { startTestCamera } from '../../helpers/test-camera.ts';
import { watchFeed } from '../../helpers/watched-feed.ts';

const fps = 15;

test.serial('an RTSP camera is live within 3 s, and its frames move', async (t) => {
  await using camera = await startTestCamera({ fps });
  const startMs = performance.now();
  await using watched = watchFeed({ source: camera.url });
  await watched.untilFrames(1);
  const firstMs = performance.now() - startMs;
  t.log(`first frame after ${firstMs.toFixed(0)} ms`);
  t.true(firstMs < 3000, `${firstMs} ms`);
  await watched.untilFrames(20);
  t.deepEqual(watched.last.size, { widthPx: 320, heightPx: 240 });
  t.notDeepEqual(watched.last.buffer.data, watched.frames.at(-2)!.buffer.data);
  t.deepEqual(watched.kinds, ['connecting', 'live']);
});

test.serial(
  'a frame arrives before the next but one is filmed: only the H.264 parser holds one back',
  async (t) => {
    const slowFps = 5;
    // The picture is black at each keyframe and bright between them.
    const filter = `geq=lum='16+mod(N\\,${slowFps})*40':cb=128:cr=128`;
    await using camera = await startTestCamera({ fps: slowFps, source: { lavfi: 'color=black' }, filter });
    const keyframes: number[] = [];
    const noting = camera.accessUnits$.subscribe(({ isKeyframe }) => {
      if (isKeyframe) keyframes.push(performance.now());
    });
    await using watched = watchFeed({ source: camera.url });
    await watched.until('two keyframes', () => keyframes.length >= 2);
    const lags: number[] = [];
    while (lags.length < 3) {
      await watched.untilFrames(1);
      if (watched.last.buffer.data[0]! > 10) continue;
      lags.push(performance.now() - keyframes.at(-1)!);
    }
    noting.unsubscribe();
    t.true(Math.min(...lags) < (1.75 * 1000) / slowFps, `${lags.join(' ')} ms`);
  },
);

test.serial('with `transport: auto` a camera that refuses UDP is asked for TCP', async (t) => {
  await using camera = await startTestCamera({ fps });
  await using watched = watchFeed({ source: camera.url, transport: 'auto' });
  await watched.untilFrames(5);
  t.deepEqual(watched.kinds, ['connecting', 'live']);
});

test.serial('a camera that is killed is reconnecting, and live within 5 s after its return', async (t) => {
  await using camera = await startTestCamera({ fps });
  await using watched = watchFeed({ source: camera.url });
  await watched.untilFrames(10);
  await camera.kill();
  await watched.until(
    'two attempts',
    () => watched.state.kind === 'reconnecting' && watched.state.attempt >= 2,
  );
  t.regex(watched.reason, /refused/i);
  const first = watched.states.find((state) => state.kind === 'reconnecting')!;
  const pauseMs = first.retryMs - first.sinceMs;
  t.true(pauseMs >= 800 && pauseMs <= 1200, `${pauseMs} ms`);
  await camera.restart();
  const backMs = performance.now();
  await watched.untilFrames(1, 10_000);
  t.true(performance.now() - backMs < 5000, `${performance.now() - backMs} ms`);
  t.is(watched.state.kind, 'live');
  const counted = watched.times.length + watched.dropped.rate; // frames of a burst above the config's rate are dropped
  t.is(watched.last.sequence, counted - 1, 'the count goes on');
  t.true(watched.reconnects >= 2);
});

test.serial(
  'a stall is noticed within a second after its timer, and ends when pictures arrive again',
  async (t) => {
    await using camera = await startTestCamera({ fps });
    await using watched = watchFeed({ source: camera.url, stallS: 1 });
    await watched.untilFrames(20);
    camera.stall();
    await watched.until('a stall', () => watched.state.kind === 'stalled');
    const silentMs = performance.now() - watched.times.at(-1)!;
    t.true(silentMs >= 990 && silentMs < 2000, `${silentMs} ms`);
    const stalledMs = performance.now();
    await watched.until('a loss', () => watched.state.kind === 'reconnecting');
    t.is(watched.reason, 'no frame for 1 s');
    t.true(performance.now() - stalledMs < 1500, 'a waiting ffmpeg is woken, not killed after 2 s');
    camera.go();
    await watched.untilLive();
  },
);

test.serial('the fault of one camera leaves the rate of another alone', async (t) => {
  await using good = await startTestCamera({ fps });
  await using bad = await startTestCamera({ fps });
  await using one = watchFeed({ source: good.url });
  await using other = watchFeed({ source: bad.url, stallS: 1 });
  await Promise.all([one.untilFrames(20), other.untilFrames(20)]);
  const [start, startMs] = [one.last.sequence, one.last.capturedMs];
  bad.stall();
  await other.until('a stall', () => other.state.kind === 'stalled');
  await bad.kill();
  await one.untilFrames(3 * fps);
  const rate = ((one.last.sequence - start) * 1000) / (one.last.capturedMs - startMs);
  t.true(Math.abs(rate - fps) < fps * 0.1, `${rate} fps`);
  t.deepEqual(one.kinds, ['connecting', 'live']);
});

test.serial('a change of picture size reconnects at once, without a pause', async (t) => {
  await using camera = await startTestCamera({ fps, size: { widthPx: 320, heightPx: 180 } });
  await using watched = watchFeed({ source: camera.url });
  await watched.untilFrames(10);
  const changed = camera.resize({ widthPx: 640, heightPx: 360 });
  await watched.until('the new size', () => watched.last.size.widthPx === 640);
  await changed;
  t.is(watched.last.buffer.data.length, 640 * 360);
  t.deepEqual(watched.kinds, ['connecting', 'live', 'connecting', 'live']);
  t.is(watched.reconnects, 1);
});

test.serial('a turned picture with the same number of bytes is noticed, too', async (t) => {
  await using camera = await startTestCamera({ fps, size: { widthPx: 320, heightPx: 240 } });
  await using watched = watchFeed({ source: camera.url });
  await watched.untilFrames(10);
  const changed = camera.resize({ widthPx: 240, heightPx: 320 });
  await watched.until('the new size', () => watched.last.size.widthPx === 240);
  await changed;
  t.deepEqual(watched.kinds, ['connecting', 'live', 'connecting', 'live']);
});

test.serial('corrupt bytes stop neither the frames nor the connection', async (t) => {
  await using camera = await startTestCamera({ fps });
  await using watched = watchFeed({ source: camera.url });
  await watched.untilFrames(10);
  camera.corrupt(0.0005);
  await watched.untilFrames(2 * fps, 30_000);
  camera.corrupt(0);
  await watched.untilFrames(2 * fps);
  t.deepEqual(watched.kinds, ['connecting', 'live']);
});

/** A stream without timestamps. */
const film = ['-c:v', 'mjpeg', '-q:v', '20', '-f', 'mjpeg', 'pipe:1'];

test.serial(
  'a source that is too fast is capped and counted, and the program keeps responding',
  async (t) => {
    const { stdout } = await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=160x120:d=20', ...film]);
    await using source = await HttpSource.start((response) => {
      const send = (): boolean => response.write(stdout);
      response.on('drain', send);
      send();
    });
    await using watched = watchFeed({ source: source.url('/film.mjpeg'), fps: 10 });
    await watched.untilFrames(10);
    using delays = watchDelays();
    const [startMs, start, first] = [performance.now(), watched.times.length, watched.last.sequence];
    await watched.untilFrames(30);
    const seconds = (performance.now() - startMs) / 1000;
    t.true((watched.times.length - start) / seconds < 11, `${watched.times.length - start} in ${seconds} s`);
    t.true(watched.dropped.rate > 100, `${watched.dropped.rate}`);
    const taken = (watched.last.sequence - first) / seconds;
    t.true(taken < 160, `${taken} frames a second were read`);
    t.true(delays.p99Ms() < 100, `${delays.p99Ms()} ms`);
  },
);

test.serial('garbage is a loss with a reason, each time', async (t) => {
  const random = seededRandom(7);
  const garbage = Buffer.from(Array.from({ length: 200_000 }, () => Math.floor(random() * 256)));
  await using source = await HttpSource.start((response) => response.end(garbage));
  await using watched = watchFeed({ source: source.url('/') });
  await watched.until(
    'two losses',
    () => watched.state.kind === 'reconnecting' && watched.state.attempt >= 2,
  );
  t.is(watched.reason, 'could not connect: what the source sends is not a video');
  t.is(watched.times.length, 0);
});

test.serial('a source that has only sound is reported as such', async (t) => {
  const args = ['-f', 'lavfi', '-i', 'sine=d=3', '-c:a', 'aac', '-f', 'mpegts', 'pipe:1'];
  const { stdout } = await runFfmpeg(args);
  await using source = await HttpSource.start((response) => response.end(stdout));
  await using watched = watchFeed({ source: source.url('/') });
  await watched.until('a loss', () => watched.state.kind === 'reconnecting');
  t.is(watched.reason, 'could not connect: the source has no video');
});

test.serial('a truncated film gives its complete frames, then a loss', async (t) => {
  const { stdout } = await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=160x120:d=1', ...film]);
  await using source = await HttpSource.start((response) =>
    response.end(stdout.subarray(0, stdout.length * 0.7)),
  );
  await using watched = watchFeed({ source: source.url('/') });
  await watched.until('a loss', () => watched.state.kind === 'reconnecting');
  t.regex(watched.reason, /^the source ended/);
  t.true(watched.times.length > 5);
  t.is(watched.out, 0);
});

/** Measures how late the event loop is. */
function watchDelays(): { readonly p99Ms: () => number } & Disposable {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  return { p99Ms: () => histogram.percentile(99) / 1e6, [Symbol.dispose]: () => void histogram.disable() };
}
