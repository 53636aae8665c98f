/**
 * Question: does `serve` keep running well? The bench kills, stalls, corrupts and silences cameras in turn while viewers
 * watch, one of whom never reads. How soon does each picture return, do the other cameras notice, and do memory, handles
 * and processes stay level?
 *
 *   node dist/bench/soak.js [--minutes 10] [--every 15]
 *
 * It uses three RTSP cameras of 320 x 240 at 15 frames per second (the camera of the tests, with the real ffmpeg) and a
 * looped film that is left alone. Prints JSON.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { decodeMessage } from '../src/stream/publish/protocol.ts';
import { childrenOf, isRunning } from '../test/helpers/processes.ts';
import { startTestCamera, type TestCamera } from '../test/helpers/test-camera.ts';
import { describeEnvironment } from './support/environment.ts';
import { sampleMemory } from './support/process-memory.ts';
import { quantile } from './support/statistics.ts';

const program = fileURLToPath(new URL('../src/main.js', import.meta.url));
const samples = fileURLToPath(new URL('../../samples/', import.meta.url));
const ids = ['a', 'b', 'c', 'film'] as const;
type Id = (typeof ids)[number];

/** What the bench does to a camera, and for how many seconds. */
const faults = [
  {
    name: 'killed for 3 s',
    seconds: 3,
    begin: (c: TestCamera) => c.kill(),
    end: (c: TestCamera) => c.restart(),
  },
  {
    name: 'stalled for 8 s',
    seconds: 8,
    begin: (c: TestCamera) => c.stall(),
    end: (c: TestCamera) => c.go(),
  },
  {
    name: 'corrupted for 5 s',
    seconds: 5,
    begin: (c: TestCamera) => c.corrupt(0.01),
    end: (c: TestCamera) => c.corrupt(0),
  },
  {
    name: 'killed for 8 s',
    seconds: 8,
    begin: (c: TestCamera) => c.kill(),
    end: (c: TestCamera) => c.restart(),
  },
  {
    name: 'silent for 6 s',
    seconds: 6,
    begin: (c: TestCamera) => c.goSilent(),
    end: (c: TestCamera) => c.restart(),
  },
] as const;

interface Sample {
  readonly atS: number;
  readonly programMib: number;
  readonly ffmpegMib: number;
  readonly heapMib: number;
  readonly resources: number;
  readonly files: number;
  readonly processes: number;
}

interface Recovery {
  readonly fault: string;
  readonly camera: Id;
  /** Time from the camera's return to its next picture. */
  readonly backAfterS: number;
  /** Pictures of the other cameras during the fault, divided by those in the same time before it. */
  readonly othersRatio: number;
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, every: { type: 'string', default: '15' } },
});
const folder = await mkdtemp(join(tmpdir(), 'chromafeed-soak-'));
const cameras = await Promise.all(['a', 'b', 'c'].map(() => startTestCamera({ fps: 15 })));
const server = await startServer();
try {
  const url = await addressOf(server);
  console.log(JSON.stringify(await soak(url, server.pid ?? 0), null, 2));
} finally {
  server.kill('SIGKILL');
  for (const camera of cameras) await camera[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}

async function soak(url: string, pid: number): Promise<object> {
  const arrivals: Record<Id, number[]> = { a: [], b: [], c: [], film: [] };
  const viewer = watch(url, (id) => arrivals[id].push(performance.now()));
  const stalled = await stalledViewer(url);
  await until(() => ids.every((id) => arrivals[id].length > 10), 120);
  await pause(20_000); // palettes, encoders and buffers are all there
  const startMs = performance.now();
  const samples: Sample[] = [];
  const recoveries: Recovery[] = [];
  const sampling = setInterval(() => {
    void sample(url, pid, (performance.now() - startMs) / 1000).then((taken) => samples.push(taken));
  }, 5000);
  const endMs = startMs + Number(values.minutes) * 60_000;
  for (let round = 0; performance.now() < endMs; round++) {
    const fault = faults[round % faults.length];
    const index = round % cameras.length;
    const camera = cameras[index];
    const id = ids[index];
    if (!fault || !camera || id === undefined) throw new RangeError('no such fault or camera');
    recoveries.push(await recover(fault, camera, id, arrivals));
    await pause(Number(values.every) * 1000);
  }
  clearInterval(sampling);
  const children = childrenOf(pid);
  const stopMs = performance.now();
  server.kill('SIGTERM');
  await once(server, 'close');
  const stoppedAfterS = round((performance.now() - stopMs) / 1000, 2);
  viewer.terminate();
  stalled.destroy();
  await pause(500);
  return {
    question: 'does serve hold while cameras fail?',
    environment: await describeEnvironment(),
    minutes: Number(values.minutes),
    faults: summary(recoveries),
    othersRatio: quantiles(recoveries.map(({ othersRatio }) => othersRatio)),
    memory: trends(samples),
    stoppedAfterS,
    orphans: children.filter(isRunning).length,
  };
}

async function recover(
  fault: (typeof faults)[number],
  camera: TestCamera,
  id: Id,
  arrivals: Readonly<Record<Id, readonly number[]>>,
): Promise<Recovery> {
  const beginMs = performance.now();
  await fault.begin(camera);
  await pause(fault.seconds * 1000);
  await fault.end(camera);
  const backMs = performance.now();
  const seen = arrivals[id].length;
  await until(() => arrivals[id].length > seen, 90);
  const awayMs = backMs - beginMs;
  const count = (from: number, to: number): number =>
    ids
      .filter((other) => other !== id)
      .reduce((sum, other) => sum + arrivals[other].filter((at) => at >= from && at < to).length, 0);
  return {
    fault: fault.name,
    camera: id,
    backAfterS: ((arrivals[id][seen] ?? NaN) - backMs) / 1000,
    othersRatio: count(beginMs, backMs) / count(beginMs - awayMs, beginMs),
  };
}

function summary(recoveries: readonly Recovery[]): object {
  return Object.fromEntries(
    faults.map(({ name }) => {
      const back = recoveries.filter(({ fault }) => fault === name).map(({ backAfterS }) => backAfterS);
      return [name, { times: back.length, backAfterS: back.length > 0 ? quantiles(back) : undefined }];
    }),
  );
}

function quantiles(values: readonly number[]): object {
  return {
    least: round(Math.min(...values), 3),
    median: round(quantile(values, 0.5), 3),
    most: round(Math.max(...values), 3),
  };
}

/** First and last value of each figure, and the slope of its second half (least squares, per minute). */
function trends(samples: readonly Sample[]): object {
  const names = ['programMib', 'ffmpegMib', 'heapMib', 'resources', 'files', 'processes'] as const;
  const half = samples.slice(samples.length >> 1);
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        first: round(samples[0]?.[name] ?? NaN),
        last: round(samples.at(-1)?.[name] ?? NaN),
        most: round(Math.max(...samples.map((sample) => sample[name]))),
        slopePerMinute: round(slope(half.map((sample) => [sample.atS / 60, sample[name]])), 2),
      },
    ]),
  );
}

function slope(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return above / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

async function sample(url: string, pid: number, atS: number): Promise<Sample> {
  const text = await (await fetch(`${url}metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    atS,
    ...sampleMemory(pid),
    heapMib: value('nodejs_heap_size_used_bytes') / 2 ** 20,
    resources: value('nodejs_active_resources_total'),
    files: readdirSync(`/proc/${pid}/fd`).length,
    processes: childrenOf(pid).length,
  };
}

function watch(url: string, onPicture: (id: Id) => void): WebSocket {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}ws`, { perMessageDeflate: false });
  socket.binaryType = 'arraybuffer';
  socket.on('open', () => {
    const streams = ids.map((camera) => ({ camera, mode: 'jpeg', heightPx: 360 }));
    socket.send(JSON.stringify({ type: 'watch', streams }));
  });
  socket.on('message', (data, isBinary) => {
    const message = isBinary && data instanceof ArrayBuffer ? decodeMessage(data) : undefined;
    const id = ids.find((each) => each === message?.header.camera);
    if (id) onPicture(id);
  });
  return socket;
}

/** A viewer that asks for everything and never reads. */
async function stalledViewer(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const streams = ids.map((camera) => ({ camera, mode: 'jpeg', heightPx: 360 }));
  const text = Buffer.from(JSON.stringify({ type: 'watch', streams }));
  const mask = Buffer.alloc(4); // a mask of zeros leaves the text as it is
  const head = Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 255]);
  socket.write(Buffer.concat([head, mask, text]));
  socket.pause();
  socket.on('error', () => undefined);
  return socket;
}

async function startServer(): Promise<ChildProcess> {
  const config = join(folder, 'soak.yaml');
  const lines = cameras.map((camera, i) => `  ${ids[i] ?? ''}: { source: "${camera.url}" }`);
  lines.push(`  film: { source: "file:${samples}entrance.mp4", day: colorize, motionGate: false }`);
  const server = 'server: { port: 0, requestsPerMinute: 100000 }';
  await writeFile(config, `${server}\nlog: { level: error, pretty: false }\ncameras:\n${lines.join('\n')}\n`);
  return spawn(process.execPath, [program, 'serve', config], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function addressOf(child: ChildProcess): Promise<string> {
  let printed = '';
  for await (const chunk of child.stdout ?? []) {
    printed += String(chunk);
    const url = /http:\/\/\S+\//.exec(printed)?.[0];
    if (url === undefined) continue;
    child.stdout?.resume();
    return url;
  }
  throw new Error(`serve ended: ${printed}`);
}

async function until(holds: () => boolean, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('the picture did not come back');
    await pause(10);
  }
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
