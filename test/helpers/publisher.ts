import type { ExecutionContext } from 'ava';
import pino from 'pino';
import { configSchema } from '../../src/config/schema.ts';
import { hashToken } from '../../src/config/token-hash.ts';
import { Metrics } from '../../src/stream/live/metrics.ts';
import type { PublisherOptions } from '../../src/stream/publish/publisher-options.ts';
import { openPublisher, type Publisher } from '../../src/stream/publish/server/publisher.ts';
import type { PublishConfig } from '../../src/stream/publish/server/current-config.ts';
import { FedDirectory } from './fed-camera.ts';

export const tokens = { anna: 'annas-token', ben: 'bens-token', root: 'roots-token' };

/** Anna may see the door, Ben may see all cameras, and Root is an administrator. */
export const users = [
  { name: 'anna', tokenHash: hashToken(tokens.anna), cameras: ['door'] },
  { name: 'ben', tokenHash: hashToken(tokens.ben) },
  { name: 'root', tokenHash: hashToken(tokens.root), admin: true },
];

/** The config of a file, with its defaults and any free port. */
export function publishConfig(server: object = {}, publish: object = {}): PublishConfig {
  const config = configSchema.parse({
    server: { port: 0, requestsPerMinute: 100_000, ...server },
    publish,
  });
  return { server: config.server, publish: config.publish };
}

export interface TestPublisher {
  readonly publisher: Publisher;
  readonly url: string;
  readonly cameras: FedDirectory;
  readonly metrics: Metrics;
  /** The lines of the log: `warn text`. */
  readonly lines: string[];
  /** The same lines with all their fields. */
  readonly records: Record<string, unknown>[];
}

/** A server on the loopback with the cameras `door` and `yard`, which is closed when the test ends. */
export async function testPublisher(
  t: ExecutionContext,
  config: PublishConfig = publishConfig(),
  options: Partial<PublisherOptions> = {},
): Promise<TestPublisher> {
  const cameras = new FedDirectory('door', 'yard');
  const metrics = new Metrics();
  const lines: string[] = [];
  const records: Record<string, unknown>[] = [];
  const publisher = await openPublisher({
    ...config,
    cameras,
    metrics,
    videoOf: ({ id }) => cameras.camera(id).video,
    originalOf: ({ id }) => (id === 'door' ? cameras.camera(id).original : undefined),
    log: pino(
      { level: 'debug', base: null, timestamp: false, formatters: { level: (level) => ({ level }) } },
      {
        write: (line) => {
          const record = JSON.parse(line) as Record<string, unknown>;
          records.push(record);
          lines.push(`${String(record['level'])} ${String(record['msg'])}`);
        },
      },
    ),
    isReady: () => ({ ok: true, why: [] }),
    mark: { program: 'chromafeed 0.0.0', model: 'starter', modelVersion: 1 },
    dashboardDirs: [],
    ...options,
  });
  t.teardown(() => publisher[Symbol.asyncDispose]());
  return { publisher, url: publisher.url, cameras, metrics, lines, records };
}

/** The value of one series of `/metrics`; 0 if there is no such series. */
export async function metricOf(metrics: Metrics, series: string): Promise<number> {
  const text = await metrics.registry.metrics();
  const line = text.split('\n').find((entry) => entry.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
