/**
 * Question: how much processor time does the work per pixel take for one frame of a film, step by step, in WebAssembly and
 * in TypeScript?
 *
 * The frames lie in the film's shared memory, as in a run. The two ways take turns, so other work on the machine slows
 * both.
 *
 *   node dist/bench/pixels.js [--width 1920] [--height 1080] [--rounds 8] [FILM]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wholeRect, type SizePx } from '../src/frame.ts';
import type { FrameLayout } from '../src/stream/pixels/compose.ts';
import { allocateFrames, frameParts, type FrameParts } from '../src/stream/pixels/frame-memory.ts';
import { ownersMath } from '../src/stream/pixels/frame-work.ts';
import { clearState } from '../src/stream/pixels/steady.ts';
import { scalarMath, type PixelMath } from '../src/stream/pixels/pixel-math.ts';
import { ffmpegPath } from './support/child.ts';
import { describeEnvironment } from './support/environment.ts';
import { quantile } from './support/statistics.ts';

const sample = fileURLToPath(new URL('../../samples/his_girl_friday.mp4', import.meta.url));
const smallSize: SizePx = { widthPx: 256, heightPx: 144 };
const answerSize: SizePx = { widthPx: 64, heightPx: 36 };
const frameCount = 12;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '1920' },
    height: { type: 'string', default: '1080' },
    rounds: { type: 'string', default: '8' },
  },
});
const layout: FrameLayout = {
  widthPx: Number(values.width),
  heightPx: Number(values.height),
  bitDepth: 8,
  range: 'limited',
  chroma: '420',
  interlaced: false,
};
await main(positionals[0] ?? sample, Number(values.rounds));

async function main(film: string, rounds: number): Promise<void> {
  const { frames, math } = readFrames(film);
  const ways = { simd: stepsOf(math, frames), scalar: stepsOf(scalarMath, frames) };
  const names = Object.keys(ways.simd);
  const times = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const [way, steps] of Object.entries(ways)) {
      for (const name of names) {
        const ms = processorMs(() => frames.forEach((_, i) => steps[name]?.(i))) / frames.length;
        if (round >= 0) times.set(`${way} ${name}`, [...(times.get(`${way} ${name}`) ?? []), ms]);
      }
    }
  }
  const best = (way: string, name: string): number => quantile(times.get(`${way} ${name}`) ?? [], 0);
  const round3 = (ms: number): number => Math.round(ms * 1000) / 1000;
  const table = names.map((name) => ({
    step: name,
    simdMs: round3(best('simd', name)),
    scalarMs: round3(best('scalar', name)),
  }));
  const report = {
    question: 'processor time of the work per pixel for one frame, least of all rounds',
    environment: await describeEnvironment(),
    film: { path: film, ...layout },
    steps: table,
    perFrame: {
      simdMs: round3(table.reduce((sum, { simdMs }) => sum + simdMs, 0)),
      scalarMs: round3(table.reduce((sum, { scalarMs }) => sum + scalarMs, 0)),
    },
  };
  console.log(JSON.stringify(report, null, 2));
}

/** Every step of a frame; an answer of the network comes for each fourth. */
function stepsOf(math: PixelMath, frames: readonly FrameParts[]): Record<string, (i: number) => void> {
  const answer = Float32Array.from({ length: 2 * 64 * 36 }, (_, i) => 40 * Math.sin(i / 17));
  const rect = wholeRect(layout);
  const frame = (i: number): FrameParts => {
    const found = frames[(i + frames.length) % frames.length];
    if (!found) throw new RangeError(`there is no frame ${i}`);
    return found;
  };
  return {
    // Chroma lies where motion and colour were.
    clear: (i) => [frame(i).carried, frame(i).color].forEach(clearState),
    shrink: (i) => math.shrink(frame(i).planes.y, layout, rect, 'all', frame(i).small, smallSize),
    motion: (i) => void math.motion(frame(i - 1).small, frame(i).small, smallSize, 0, frame(i).motion),
    carry: (i) => math.carry(frame(i - 1).carried, frame(i).carried, frame(i).motion),
    blend: (i) => {
      if (i % 4 === 0) math.blend(frame(i).carried, answer, smallSize, answerSize);
    },
    carryBack: (i) => math.carryBack(frame(i).carried, frame(i).color, frame(i).motion),
    join: (i) => math.join(frame(i).carried, frame(i).color),
    compose: (i) => {
      const { planes, small, color } = frame(i);
      const job = { small, ab: color.ab, weight: color.weight, size: smallSize, radiusPx: 3, saturation: 1 };
      math.compose([{ planes, layout, rect }], job, 'bt709');
    },
  };
}

function readFrames(film: string): { frames: FrameParts[]; math: PixelMath } {
  const { widthPx, heightPx } = layout;
  const filter = `scale=${widthPx}:${heightPx},format=gray`;
  const args = [
    '-v',
    'error',
    '-i',
    film,
    '-vf',
    filter,
    '-frames:v',
    String(frameCount),
    '-f',
    'rawvideo',
    '-',
  ];
  const { stdout } = spawnSync(ffmpegPath(), args, { maxBuffer: 2 ** 30 });
  const nextPlace = allocateFrames({ layout, smallSize }, frameCount, 1);
  const places = Array.from({ length: frameCount }, nextPlace);
  const frames = places.map(({ memory, at }, i) => {
    const buffer = memory.shared?.buffer ?? memory.buffer;
    if (!buffer) throw new RangeError('a frame has no memory');
    const parts = frameParts(buffer, at, memory.shape);
    parts.luma.set(stdout.subarray(i * parts.luma.length, (i + 1) * parts.luma.length));
    return parts;
  });
  const [first] = places;
  if (!first) throw new RangeError('there are no frames');
  return { frames, math: ownersMath(first.memory) };
}

function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
