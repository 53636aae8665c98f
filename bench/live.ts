/**
 * Question: how old is a live picture when its message goes to the WebSocket, and how many cameras can this machine run
 * at their full rate? The cameras are films of 1280 x 720 at 15 frames per second, which this machine decodes too. Each
 * is watched as a tile of 640 x 360.
 *
 *   node dist/bench/live.js [--cameras 1,4,8] [--seconds 20] [--rest 8] [--films FILE,...]
 *
 * Each number of cameras runs in its own server. Prints JSON. The latency is measured from the whole frame read from
 * ffmpeg to the message handed to the socket, by the times in the message headers.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { decodeMessage } from '../src/stream/publish/protocol.ts';
import { ffmpegPath, runChild } from './support/child.ts';
import { describeEnvironment } from './support/environment.ts';
import { sampleMemory } from './support/process-memory.ts';
import { perFrame, processorSplit, type ProcessorSplit } from './support/processor-split.ts';
import { quantile } from './support/statistics.ts';

const framesPerS = 15;
/** The films are looped, and are at most this long, seconds. */
const filmS = 20;
const program = fileURLToPath(new URL('../src/main.js', import.meta.url));
const samples = fileURLToPath(new URL('../../samples/', import.meta.url));

interface Counts {
  readonly in: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly answers: number;
  readonly calls: number;
  readonly callPictures: number;
  readonly callSeconds: number;
}

interface Round {
  readonly cameras: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  /** Pictures per second and camera that reached the viewer: the lowest and the mean. */
  readonly fps: { readonly least: number; readonly mean: number };
  readonly droppedShare: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly answersPerSAndCamera: number;
  /** Mean number of pictures in one call of the network. */
  readonly batch: number;
  readonly callMs: number;
  /** Processor time for each picture that reached the viewer. */
  readonly processorMs: ProcessorSplit;
  readonly memoryMib: { readonly program: number; readonly ffmpeg: number };
}

const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '1,4,8' },
    seconds: { type: 'string', default: '20' },
    rest: { type: 'string', default: '8' },
    films: {
      type: 'string',
      default: ['entrance', 'his_girl_friday'].map((name) => join(samples, `${name}.mp4`)).join(','),
    },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'chromafeed-live-'));
try {
  const films = await makeFilms(folder);
  const rounds: Round[] = [];
  for (const count of values.cameras.split(',').map(Number)) rounds.push(await measure(count, films));
  const environment = { ...(await describeEnvironment()), loadBefore: loadavg()[0] };
  const question = 'latency of live tiles (640 x 360) of 1280 x 720 at 15 frames a second, ms';
  console.log(JSON.stringify({ question, environment, seconds: Number(values.seconds), rounds }, null, 2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The films at 1280 x 720 and 15 frames per second, gray, encoded as a camera does it. */
async function makeFilms(folder: string): Promise<string[]> {
  const sources = values.films.split(',');
  const films = sources.map((_, i) => join(folder, `camera-${i}.mp4`));
  for (const [i, film] of films.entries()) {
    const filter = `fps=${framesPerS},scale=1280:720:force_original_aspect_ratio=increase,crop=1280:720,format=yuv420p,lutyuv=u=128:v=128,noise=c0s=4:c0f=t`;
    await runChild(ffmpegPath(), [
      ...['-v', 'error', '-y', '-t', String(filmS), '-i', sources[i] ?? '', '-an', '-vf', filter],
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-b:v', '3M', '-g', '30'],
      ...['-pix_fmt', 'yuv420p', film],
    ]);
  }
  return films;
}

async function measure(count: number, films: readonly string[]): Promise<Round> {
  const config = join(folder, 'live.yaml');
  const cameras = Array.from(
    { length: count },
    (_, i) => `  c${i}: { day: colorize, source: "file:${films[i % films.length] ?? ''}" }`,
  );
  await writeFile(
    config,
    `server: { port: 0, requestsPerMinute: 100000 }\nlog: { level: warn, pretty: false }\ncameras:\n${cameras.join('\n')}\n`,
  );
  const server = spawn(process.execPath, [program, 'serve', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await addressOf(server);
    const socket = new WebSocket(url.replace(/^http/, 'ws') + 'ws', { perMessageDeflate: false });
    socket.binaryType = 'arraybuffer';
    const latencies: number[] = [];
    const frames = new Map<string, number>();
    let isCounting = false;
    socket.on('message', (data, isBinary) => {
      const message = isBinary && data instanceof ArrayBuffer ? decodeMessage(data) : undefined;
      if (!message || !isCounting) return;
      const { camera, capturedMs, sentMs } = message.header;
      latencies.push(sentMs - capturedMs);
      frames.set(camera, (frames.get(camera) ?? 0) + 1);
    });
    await once(socket, 'open');
    const streams = cameras.map((_, i) => ({ camera: `c${i}`, mode: 'jpeg', heightPx: 360 }));
    socket.send(JSON.stringify({ type: 'watch', streams }));
    await pause(Number(values.rest) * 1000);
    const before = await countsOf(url);
    const workBefore = processorSplit(server.pid ?? 0);
    const startMs = performance.now();
    isCounting = true;
    await pause(Number(values.seconds) * 1000);
    isCounting = false;
    const seconds = (performance.now() - startMs) / 1000;
    const after = await countsOf(url);
    const processorMs = perFrame(workBefore, processorSplit(server.pid ?? 0), latencies.length);
    const memory = sampleMemory(server.pid ?? 0);
    socket.close();
    return describe({ count, seconds, latencies, frames, before, after, processorMs, memory });
  } finally {
    server.kill('SIGTERM');
    if (server.exitCode === null) await once(server, 'close');
  }
}

function describe(run: {
  count: number;
  seconds: number;
  latencies: readonly number[];
  frames: ReadonlyMap<string, number>;
  before: Counts;
  after: Counts;
  processorMs: ProcessorSplit;
  memory: { programMib: number; ffmpegMib: number };
}): Round {
  const { count, seconds, latencies, before, after, processorMs, memory } = run;
  const rates = Array.from({ length: count }, (_, i) => (run.frames.get(`c${i}`) ?? 0) / seconds);
  const dropped = Object.fromEntries(
    Object.entries(after.dropped).map(([cause, value]) => [cause, value - (before.dropped[cause] ?? 0)]),
  );
  const lost = Object.values(dropped).reduce((sum, value) => sum + value, 0);
  const calls = Math.max(1, after.calls - before.calls);
  return {
    cameras: count,
    latencyMs: {
      p50: round(quantile(latencies, 0.5)),
      p95: round(quantile(latencies, 0.95)),
      p99: round(quantile(latencies, 0.99)),
    },
    fps: {
      least: round(Math.min(...rates)),
      mean: round(rates.reduce((sum, rate) => sum + rate, 0) / count),
    },
    droppedShare: round(lost / Math.max(1, after.in - before.in), 4),
    dropped,
    answersPerSAndCamera: round((after.answers - before.answers) / seconds / count, 2),
    batch: round((after.callPictures - before.callPictures) / calls, 2),
    callMs: round((1000 * (after.callSeconds - before.callSeconds)) / calls),
    processorMs,
    memoryMib: { program: round(memory.programMib), ffmpeg: round(memory.ffmpegMib) },
  };
}

/** The counters of `/metrics`, summed over all cameras. */
async function countsOf(url: string): Promise<Counts> {
  const text = await (await fetch(`${url}metrics`)).text();
  const sum = (name: string, label = ''): number =>
    [...text.matchAll(new RegExp(`^chromafeed_${name}(\\{[^}]*\\})? (\\S+)$`, 'gm'))]
      .filter(([, labels = '']) => labels.includes(label))
      .reduce((total, [, , value]) => total + Number(value), 0);
  const causes = ['busy', 'encoder', 'viewer', 'rate', 'damaged'];
  return {
    in: sum('frames_in_total'),
    dropped: Object.fromEntries(
      causes.map((cause) => [cause, sum('frames_dropped_total', `cause="${cause}"`)]),
    ),
    answers: sum('network_answers_total'),
    calls: sum('engine_batch_pictures_count'),
    callPictures: sum('engine_batch_pictures_sum'),
    callSeconds: sum('engine_run_seconds_sum'),
  };
}

async function addressOf(server: ChildProcess): Promise<string> {
  let printed = '';
  for await (const chunk of server.stdout ?? []) {
    printed += String(chunk);
    const url = /http:\/\/\S+\//.exec(printed)?.[0];
    if (url !== undefined) {
      server.stdout?.resume();
      return url;
    }
  }
  throw new Error(`serve ended: ${printed}`);
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
