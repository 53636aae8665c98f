/**
 * Question: how much does it cost Redis that machines share cameras? It lets the machines of one group renew their leases
 * as fast as they can, and counts.
 *
 *   node dist/bench/leases.js [--redis redis://127.0.0.1/15] [--machines 3] [--cameras 256] [--seconds 3]
 *
 * The leases end by themselves; their keys stay in the database.
 */
import { Redis } from 'ioredis';
import { parseArgs } from 'node:util';
import { farmConfigSchema } from '../src/farm/config/farm-config.ts';
import { redisSettings } from '../src/farm/config/redis-settings.ts';
import { loadEngine } from '../src/farm/engine/load-engine.ts';
import { describeEnvironment } from './support/environment.ts';

const { values } = parseArgs({
  options: {
    redis: { type: 'string', default: 'redis://127.0.0.1:6379/15' },
    machines: { type: 'string', default: '3' },
    cameras: { type: 'string', default: '256' },
    seconds: { type: 'string', default: '3' },
  },
});
const [machines, cameras, seconds] = [values.machines, values.cameras, values.seconds].map(Number) as [
  number,
  number,
  number,
];
const leaseMs = 60_000;
const redis = redisSettings(values.redis, farmConfigSchema.parse({}));
const onError = (error: Error): void => console.error(error.message);
const engine = await loadEngine();
await using store = await engine.openLeases({
  redis,
  group: `bench-${process.pid}`,
  timeoutMs: 5000,
  onError,
});

const members = Array.from({ length: machines }, (_, i) => {
  const name = `machine-${i}`;
  const address = `wss://${name}.example:8600`;
  return {
    machine: { name, instance: name, address, weight: 100 },
    leaseMs,
    held: new Map<string, number>(),
  };
});
for (let i = 0; i < cameras; i++) {
  const member = members[i % machines];
  const camera = `camera-${i}`;
  const token = await store.take({ camera, machine: member?.machine.name ?? '', leaseMs, after: 0 });
  if (token !== undefined) member?.held.set(camera, token);
}

const server = new Redis(redis.port, redis.host, { db: redis.db });
const [cpuBefore, bytesBefore] = [await figure('cpu', 'used_cpu_user'), await sentBytes()];
let beats = 0;
const startMs = performance.now();
await Promise.all(
  members.map(async (member) => {
    while (performance.now() - startMs < seconds * 1000) {
      await store.beat(member);
      beats++;
    }
  }),
);
const wallS = (performance.now() - startMs) / 1000;
const result = {
  question: 'what renewing costs',
  machines,
  cameras,
  beatsPerS: Math.round(beats / wallS),
  redisMsPerBeat: round(((await figure('cpu', 'used_cpu_user')) - cpuBefore) * (1000 / beats)),
  bytesPerBeat: Math.round(((await sentBytes()) - bytesBefore) / beats),
  environment: await describeEnvironment(),
};
console.log(JSON.stringify(result, undefined, 2));
server.disconnect();

function sentBytes(): Promise<number> {
  return figure('stats', 'total_net_output_bytes');
}

async function figure(section: string, name: string): Promise<number> {
  const info = await server.info(section);
  return Number(new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? NaN);
}

function round(ms: number): number {
  return Number(ms.toPrecision(2));
}
