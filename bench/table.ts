/**
 * Question: what do films, cameras, the network and the start cost on this machine? One command measures everything in one
 * run and prints the tables of docs/benchmarks.md in Markdown.
 *
 *   node dist/bench/table.js [--parts films,network,pixels,start,cameras] [--clips NAME=FILE,...]
 *                            [--heights 480,1080,2160] [--seconds 10,60,600] [--cameras 1,4,8,12] [--preset veryfast]
 *
 * Films: the clips, gray, scaled and looped. Before and after each film ffmpeg alone transcodes it with the same encoder
 * settings, and the costs are multiples of the mean of the two, so other work on the machine slows both. Without --clips
 * the bundled samples are the clips, which are also the cameras' films.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ffmpegPath, runChild } from './support/child.ts';
import { describeEnvironment } from './support/environment.ts';
import { colorize, transcode } from './support/film-runs.ts';
import { costOf, type Cost } from './support/processor-time.ts';

const samples = fileURLToPath(new URL('../../samples/', import.meta.url));

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: 'network,pixels,start,films,cameras' },
    clips: {
      type: 'string',
      default: `camera=${join(samples, 'entrance.mp4')},film=${join(samples, 'his_girl_friday.mp4')}`,
    },
    heights: { type: 'string', default: '480,1080,2160' },
    seconds: { type: 'string', default: '10,60,600' },
    cameras: { type: 'string', default: '1,4,8,12' },
    preset: { type: 'string', default: 'veryfast' },
  },
});
const encoder = { codec: 'libx264', preset: values.preset, crf: '20' };
const clips = values.clips.split(',').map((clip) => {
  const [name = '', file = ''] = clip.split('=');
  return { name, file };
});
const parts: Readonly<Record<string, () => Promise<string[]>>> = { network, pixels, start, films, cameras };
const folder = await mkdtemp(join(tmpdir(), 'chromafeed-table-'));
try {
  const { date, commit, cpu, node, ffmpeg } = await describeEnvironment();
  console.log(`${date}, commit ${commit}, ${cpu}, Node ${node}, ffmpeg ${ffmpeg}.\n`);
  for (const name of values.parts.split(',')) {
    const part = parts[name];
    if (!part) throw new Error(`--parts: expected some of ${Object.keys(parts).join(', ')} but got ${name}`);
    console.log(`${(await part()).join('\n')}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function films(): Promise<string[]> {
  const rows = [
    row('film', 'length', 'wall over ffmpeg', 'processor time over ffmpeg', 'memory, MiB'),
    rule(5),
  ];
  for (const { name, file } of clips)
    for (const height of values.heights.split(','))
      for (const seconds of values.seconds.split(',')) {
        const input = join(folder, 'gray.mp4');
        await makeFilm(file, input, { height, seconds });
        const alone = (): Promise<Cost> => costOf(() => transcode(input, join(folder, 'alone.mp4'), encoder));
        const before = await alone();
        const { result, ...own } = await costOf(() => colorize(input, join(folder, 'colour.mp4'), encoder));
        const after = await alone();
        const ratio = (cost: 'wallS' | 'processorS'): string =>
          ((2 * own[cost]) / (before[cost] + after[cost])).toFixed(2);
        rows.push(
          row(
            `${name}, ${height}p`,
            `${seconds} s`,
            ratio('wallS'),
            ratio('processorS'),
            result.peak.programMib.toFixed(0),
          ),
        );
      }
  return rows;
}

/** A gray film as cameras and archives have it: H.264, 4:2:0, looped to its length. */
async function makeFilm(
  clip: string,
  output: string,
  { height, seconds }: { readonly height: string; readonly seconds: string },
): Promise<void> {
  const filter = `scale=-2:${height},format=yuv420p,lutyuv=u=128:v=128`;
  const loop = ['-v', 'error', '-nostdin', '-y', '-stream_loop', '-1', '-i', clip, '-t', seconds, '-an'];
  await runChild(ffmpegPath(), [
    ...loop,
    '-vf',
    filter,
    ...['-c:v', 'libx264', '-preset', 'veryfast'],
    output,
  ]);
}

async function network(): Promise<string[]> {
  const rows = [row('network, one picture', 'precision', 'ms'), rule(3)];
  for (const precision of ['float32', 'int8']) {
    const { msPerPicture } = await measure<Network>('network', '--precision', precision);
    for (const [name, { min }] of Object.entries(msPerPicture))
      rows.push(row(name, precision, min.toFixed(1)));
  }
  return rows;
}

async function pixels(): Promise<string[]> {
  const { steps, perFrame } = await measure<Pixels>('pixels');
  const all = [...steps, { step: 'all steps', ...perFrame }];
  const head = [row('work per pixel, one 1080p frame', 'SIMD, ms', 'TypeScript, ms'), rule(3)];
  return [
    ...head,
    ...all.map(({ step, simdMs, scalarMs }) => row(step, simdMs.toFixed(2), scalarMs.toFixed(1))),
  ];
}

async function start(): Promise<string[]> {
  const { own } = await measure<{ own: Cost }>('start');
  return [
    row('start', 'wall, s', 'processor time, s'),
    rule(3),
    row('a film of six frames', own.wallS.toFixed(1), own.processorS.toFixed(1)),
  ];
}

async function cameras(): Promise<string[]> {
  const films = ['--films', clips.map(({ file }) => file).join(',')];
  const { rounds } = await measure<Live>('live', '--cameras', values.cameras, ...films);
  return [
    row(
      'cameras',
      'pictures per second each',
      'dropped',
      'answers per second each',
      'latency p95, ms',
      'ffmpeg, ms per picture',
      'program, ms per picture',
      'memory, MiB',
    ),
    rule(8),
    ...rounds.map(
      ({ cameras: count, fps, droppedShare, answersPerSAndCamera, latencyMs, processorMs, memoryMib }) =>
        row(
          String(count),
          fps.mean.toFixed(1),
          `${(100 * droppedShare).toFixed(1)} %`,
          answersPerSAndCamera.toFixed(1),
          latencyMs.p95.toFixed(0),
          (processorMs.decoders + processorMs.encoders).toFixed(1),
          processorMs.program.toFixed(1),
          memoryMib.program.toFixed(0),
        ),
    ),
  ];
}

interface Network {
  readonly msPerPicture: Readonly<Record<string, { readonly min: number }>>;
}

interface StepTimes {
  readonly simdMs: number;
  readonly scalarMs: number;
}

interface Pixels {
  readonly steps: readonly (StepTimes & { readonly step: string })[];
  readonly perFrame: StepTimes;
}

interface Live {
  readonly rounds: readonly {
    readonly cameras: number;
    readonly fps: { readonly mean: number };
    readonly droppedShare: number;
    readonly answersPerSAndCamera: number;
    readonly latencyMs: { readonly p95: number };
    readonly processorMs: { readonly decoders: number; readonly encoders: number; readonly program: number };
    readonly memoryMib: { readonly program: number };
  }[];
}

/** Runs another benchmark of this folder, which prints JSON. */
async function measure<T>(name: string, ...args: readonly string[]): Promise<T> {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return JSON.parse((await runChild(process.execPath, [file, ...args])).stdout) as T;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function rule(columns: number): string {
  return row(...Array.from({ length: columns }, () => '---'));
}
