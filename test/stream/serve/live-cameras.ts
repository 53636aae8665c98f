import test, { type ExecutionContext } from 'ava';
import { configChanges } from '../../../src/config/config-changes.ts';
import { configSchema, type Config } from '../../../src/config/schema.ts';
import { LiveCameras } from '../../../src/stream/serve/live-cameras.ts';
import { createLogger } from '../../../src/log/log.ts';
import { Metrics } from '../../../src/stream/live/metrics.ts';
import { Redactor } from '../../../src/log/redact.ts';
import { JpegEncoders } from '../../../src/stream/live/pictures/jpeg-encoders.ts';
import type { CameraNetwork } from '../../../src/stream/live/live-color.ts';
import type { CameraModel } from '../../../src/stream/serve/live-models.ts';
import { LiveEngine } from '../../../src/stream/live/live-engine.ts';
import { PixelPool } from '../../../src/stream/pixels/pixel-pool.ts';

const pixels = new PixelPool(1);
test.after.always(() => pixels[Symbol.asyncDispose]());

/** Cameras that are listed but not connected. */
function configOf(cameras: Readonly<Record<string, object>>): Config {
  const off = { source: 'test:testsrc2', enabled: false };
  const entries = Object.entries(cameras).map(([id, camera]) => [id, { ...off, ...camera }] as const);
  return configSchema.parse({ api: { sources: ['test'] }, cameras: Object.fromEntries(entries) });
}

/** All models exist, except `trnuk`. */
function network({ name }: CameraModel): Promise<CameraNetwork> {
  if (name === 'trnuk') return Promise.reject(new Error('there is no model trnuk'));
  const network = {
    colorize: () => Promise.resolve([]),
    embeddingSide: 8,
    embed: () => Promise.resolve([]),
    condition: () => new Float32Array(256),
  };
  return Promise.resolve({ network, stride: 4, model: { name, version: 1 } });
}

async function makeCameras(
  t: ExecutionContext,
  config: Config,
): Promise<{
  cameras: LiveCameras;
  metrics: Metrics;
  ids: () => string[];
  follow: (next: Config) => Promise<void>;
}> {
  const metrics = new Metrics();
  const engine = new LiveEngine({
    batchSize: 1,
    maxWaitMs: 0,
    metrics,
    onError: (error) => t.fail(String(error)),
  });
  const warn = (_camera: string, text: string): void => t.fail(text);
  const resources = { engine, pixels, jpegs: new JpegEncoders(5, pixels), metrics, warn, shortSidePx: 96 };
  const redactor = new Redactor();
  const log = createLogger({ level: 'silent' }, { redactor });
  const cameras = new LiveCameras({ resources, models: { network }, log, redactor, dir: '/', config });
  await cameras.start();
  t.teardown(() => cameras[Symbol.asyncDispose]());
  let inForce = config;
  const follow = async (next: Config): Promise<void> => {
    await cameras.follow(next, configChanges(inForce, next));
    inForce = next;
  };
  return { cameras, metrics, ids: () => cameras.feeds.map(({ id }) => id), follow };
}

test('a camera that was added by hand stays the same if it is then written into the file', async (t) => {
  const { cameras, ids, follow } = await makeCameras(t, configOf({ door: {} }));
  await cameras.add('yard', { source: 'test:testsrc2', enabled: false });
  const yard = cameras.feed('yard');
  await follow(configOf({ door: {}, yard: { name: 'The yard' } }));
  t.is(cameras.feed('yard'), yard);
  t.is(yard?.status.name, 'The yard');
  let isOver = false;
  yard?.status$.subscribe({ complete: () => (isOver = true) });
  await follow(configOf({ door: {} }));
  t.true(isOver);
  t.deepEqual(ids(), ['door']);
});

test('a camera that was removed by hand and then from the file does not stop the rest of the edit', async (t) => {
  const { cameras, ids, follow } = await makeCameras(t, configOf({ door: {}, yard: {} }));
  await cameras.remove('yard');
  await follow(configOf({ door: { name: 'The door' }, barn: {} }));
  t.deepEqual(ids(), ['door', 'barn']);
  t.is(cameras.feed('door')?.status.name, 'The door');
});

test('a camera that could not start does so once its setting is correct', async (t) => {
  const { cameras, ids, follow } = await makeCameras(t, configOf({ door: {} }));
  await follow(configOf({ door: {}, yard: { model: 'trnuk' } }));
  t.deepEqual(ids(), ['door']);
  await follow(configOf({ door: {}, yard: { model: 'starter' } }));
  t.is(cameras.feed('yard')?.status.model.name, 'starter');
});

test('the metrics forget a camera that is removed, and those who watched it', async (t) => {
  const { cameras, metrics } = await makeCameras(t, configOf({ door: {}, yard: {} }));
  const watching = { camera: 'yard', kind: 'jpeg' };
  metrics.viewers.inc(watching);
  cameras.changes$.subscribe(() => metrics.viewers.dec(watching));
  await cameras.remove('yard');
  const text = await metrics.registry.metrics();
  t.regex(text, /camera="door"/);
  t.notRegex(text, /camera="yard"/);
});
