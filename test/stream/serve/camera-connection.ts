import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { cameraSchema, type CameraConfig } from '../../../src/config/schema.ts';
import type { EncodedPicture } from '../../../src/stream/live/camera-feed.ts';
import { LiveCamera } from '../../../src/stream/live/live-camera.ts';
import { LiveEngine } from '../../../src/stream/live/live-engine.ts';
import { Metrics } from '../../../src/stream/live/metrics.ts';
import { JpegEncoders } from '../../../src/stream/live/pictures/jpeg-encoders.ts';
import type { Picture } from '../../../src/stream/live/pictures/picture.ts';
import { PixelPool } from '../../../src/stream/pixels/pixel-pool.ts';
import { CameraConnection } from '../../../src/stream/serve/camera-connection.ts';
import { startTestCamera } from '../../helpers/test-camera.ts';
import { until } from '../../helpers/program.ts';

const pixels = new PixelPool(1);
const jpegs = new JpegEncoders(5, pixels);
test.after.always(() => pixels[Symbol.asyncDispose]());

test.serial(
  'unwatched, only keyframes are decoded; a viewer sees the last one at once, then all',
  async (t) => {
    await using source = await startTestCamera({ fps: 15 });
    const config = cameraSchema.parse({ source: source.url });
    const { camera, metrics } = startCamera(t, config);
    await using connection = new CameraConnection({ config, camera, log: pino({ level: 'silent' }) });
    t.truthy(connection);
    const framesIn = async (): Promise<number> => (await metrics.framesIn.get()).values[0]?.value ?? 0;
    await until(async () => (await framesIn()) >= 3, 'keyframes come');
    const [startMs, start] = [performance.now(), await framesIn()];
    await until(async () => (await framesIn()) >= start + 2, 'two more keyframes');
    const fps = (((await framesIn()) - start) * 1000) / (performance.now() - startMs);
    t.true(fps < 5, `${fps} frames a second are decoded`);
    t.is(source.connections.now, 1);

    const seen: Picture[] = [];
    const askedMs = performance.now();
    const watching = camera
      .pictures$({ heightPx: 180, isMarked: false })
      .subscribe((picture) => seen.push(picture));
    await until(() => seen.length > 0, 'a picture');
    t.log(`first picture after ${(performance.now() - askedMs).toFixed(0)} ms`);
    t.true(seen[0]?.isRepeat === true || performance.now() - askedMs < 500);
    await until(() => seen.length > 30, 'all frames');
    const [first, last] = [seen.at(-20), seen.at(-1)];
    const shownFps = 19_000 / ((last?.capturedMs ?? 0) - (first?.capturedMs ?? 0));
    t.true(shownFps > 10, `${shownFps} frames a second`);
    await until(() => source.connections.now === 1, 'the first connection has ended');
    t.is(source.connections.total, 2);
    watching.unsubscribe();
    const skipped = async (): Promise<number> => (await metrics.framesSkipped.get()).values[0]?.value ?? 0;
    const before = await skipped();
    await until(() => source.connections.total === 3, 'back to keyframes after a while');
    t.true((await skipped()) > before + 5, 'frames that nobody needs are counted apart');
    await until(() => source.connections.now === 1, 'and the full connection has ended');
  },
);

test.serial(
  'unwatched: off connects when a viewer comes, and disconnects when the last one has left',
  async (t) => {
    await using source = await startTestCamera({ fps: 15 });
    const config = cameraSchema.parse({ source: source.url, unwatched: 'off' });
    const { camera } = startCamera(t, config);
    await using connection = new CameraConnection({ config, camera, log: pino({ level: 'silent' }) });
    t.truthy(connection);
    t.is(camera.status.state.kind, 'idle');
    t.is(source.connections.total, 0);
    const seen: Picture[] = [];
    const watching = camera
      .pictures$({ heightPx: 180, isMarked: false })
      .subscribe((picture) => seen.push(picture));
    await until(() => seen.length > 3, 'pictures');
    t.is(camera.status.state.kind, 'live');
    watching.unsubscribe();
    await until(() => camera.status.state.kind === 'idle', 'idle again');
    await until(() => source.connections.now === 0, 'the connection has ended');
    t.is(source.connections.total, 1);
  },
);

test.serial('a viewer who needs more lines gets them without a pause for the others', async (t) => {
  await using source = await startTestCamera({ fps: 10, size: { widthPx: 852, heightPx: 480 } });
  const config = cameraSchema.parse({ source: source.url });
  const { camera } = startCamera(t, config);
  await using connection = new CameraConnection({ config, camera, log: pino({ level: 'silent' }) });
  t.truthy(connection);
  const tiles: Picture[] = [];
  const tile = camera.jpegs$({ heightPx: 360, isMarked: false }).subscribe(() => undefined);
  const small = camera
    .pictures$({ heightPx: 180, isMarked: false })
    .subscribe((picture) => tiles.push(picture));
  await until(() => source.connections.total === 2 && source.connections.now === 1, 'all frames');
  await until(() => tiles.length > 5, 'pictures');
  const large: Picture[] = [];
  const enlarged: EncodedPicture[] = [];
  const views = [
    camera.pictures$({ heightPx: 480, isMarked: false }).subscribe((picture) => large.push(picture)),
    camera.jpegs$({ heightPx: 480, isMarked: false }).subscribe((picture) => enlarged.push(picture)),
  ];
  const from = tiles.length;
  await until(() => large.length > 5 && enlarged.at(-1)?.size.heightPx === 480, 'large pictures');
  t.true(large.every(({ size }) => size.heightPx === 480));
  t.is(enlarged[0]?.size.heightPx, 360);
  t.true(enlarged[0]?.isReduced);
  const times = tiles.slice(from).map(({ capturedMs }) => capturedMs);
  const pauses = times.slice(1).map((time, i) => time - times[i]!);
  t.true(Math.max(...pauses) < 1000, `${Math.max(...pauses)} ms without a picture`);
  t.true(tiles.every(({ size }) => size.heightPx === 180));
  t.is(source.connections.total, 3);
  await until(() => camera.status.size?.heightPx === 480, 'the status, which comes once a second');
  t.deepEqual(camera.status.size, { widthPx: 852, heightPx: 480 });
  for (const view of [...views, tile, small]) view.unsubscribe();
});

/** A running camera and its metrics. */
function startCamera(t: ExecutionContext, config: CameraConfig): { camera: LiveCamera; metrics: Metrics } {
  const metrics = new Metrics();
  const warn = (_camera: string, text: string): void => t.fail(text);
  const engine = new LiveEngine({ batchSize: 1, maxWaitMs: 0, onError: (error) => t.fail(String(error)) });
  const camera = new LiveCamera({
    id: 'gate',
    config,
    publish: { visibleMark: true, maxHeightPx: 1080 },
    network: {
      network: {
        colorize: () => Promise.resolve([]),
        embeddingSide: 8,
        embed: () => Promise.resolve([]),
        condition: () => new Float32Array(256),
      },
      stride: 4,
      model: { name: 'none', version: 1 },
    },
    resources: { engine, pixels, jpegs, metrics, warn, shortSidePx: 96 },
    rtspPath: undefined,
  });
  const work = camera.run$.subscribe();
  t.teardown(() => {
    work.unsubscribe();
    engine[Symbol.dispose]();
  });
  return { camera, metrics };
}
