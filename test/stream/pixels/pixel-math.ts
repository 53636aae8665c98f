import { fileURLToPath } from 'node:url';
import test from 'ava';
import { wholeRect, type RectPx, type SizePx } from '../../../src/frame.ts';
import {
  frameBytes,
  framePlanes,
  type FrameLayout,
  type FramePlanes,
} from '../../../src/stream/pixels/compose.ts';
import { beginTrack, type LiveState, type Track } from '../../../src/stream/pixels/camera/live-state.ts';
import type { MotionArrays } from '../../../src/stream/pixels/motion.ts';
import { pixelMath, scalarMath, type PixelMath } from '../../../src/stream/pixels/pixel-math.ts';
import type { LumaPlane, RowChoice } from '../../../src/stream/pixels/shrink.ts';
import { emptyState, type ColorState } from '../../../src/stream/pixels/steady.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const film = fileURLToPath(new URL('../../../../samples/his_girl_friday.mp4', import.meta.url));

test('this machine has the WebAssembly kernels, so the other tests compare two implementations', (t) => {
  t.not(pixelMath(), scalarMath, 'npm run build:pixels makes them');
});

interface Case extends Partial<FrameLayout> {
  readonly size: SizePx;
  readonly small: SizePx;
  readonly rect?: RectPx;
  readonly rows?: RowChoice;
  readonly radiusPx?: number;
}

const pixels = (widthPx: number, heightPx: number): SizePx => ({ widthPx, heightPx });

const cases: readonly Case[] = [
  { size: pixels(640, 360), small: pixels(256, 144) },
  { size: pixels(333, 177), small: pixels(88, 40), range: 'full' },
  { size: pixels(333, 177), small: pixels(88, 40), bitDepth: 10, chroma: '422', rows: 'bottom-field' },
  { size: pixels(161, 99), small: pixels(64, 40), bitDepth: 12, chroma: '444', range: 'full', radiusPx: 0 },
  { size: pixels(65, 33), small: pixels(64, 32), bitDepth: 16, rect: { x: 1, y: 1, width: 63, height: 31 } },
  {
    size: pixels(352, 288),
    small: pixels(80, 64),
    interlaced: true,
    rows: 'top-field',
    radiusPx: 6,
    rect: { x: 3, y: 5, width: 340, height: 270 },
  },
  { size: pixels(31, 17), small: pixels(64, 40), chroma: '444' },
  { size: pixels(9, 2001), small: pixels(8, 16), radiusPx: 1 },
];

for (const one of cases) {
  const layout: FrameLayout = {
    ...one.size,
    bitDepth: one.bitDepth ?? 8,
    range: one.range ?? 'limited',
    chroma: one.chroma ?? '420',
    interlaced: one.interlaced ?? false,
  };
  const { widthPx, heightPx, bitDepth, chroma } = layout;
  const rect = one.rect ?? wholeRect(layout);
  const rows = one.rows ?? 'all';

  for (const source of ['random', 'real'] as const) {
    const name = `a ${source} picture of ${widthPx} x ${heightPx}, ${bitDepth} bit, ${chroma}`;

    test(`${name} is shrunk and coloured with the same result in TypeScript and in WebAssembly`, async (t) => {
      const expected = await frameOf(layout, source);
      const planes = copyOf(expected, layout);
      const [small, again] = [newPicture(one.small), newPicture(one.small)];
      scalarMath.shrink(planes.y, layout, rect, rows, small, one.small);
      pixelMath().shrink(planes.y, layout, rect, rows, again, one.small);
      t.true(isSame(again, small));

      const job = {
        ...madeColor(small.length),
        small,
        size: one.small,
        radiusPx: one.radiusPx ?? 3,
        saturation: 1.2,
      };
      scalarMath.compose([{ planes: expected, layout, rect }], job, 'bt709');
      pixelMath().compose([{ planes, layout, rect }], job, 'bt709');
      t.true(isSame(planes.y, expected.y));
      t.true(isSame(planes.cb, expected.cb));
      t.true(isSame(planes.cr, expected.cr));
      t.true(new Set(planes.cb).size > 20, 'there is colour');
    });
  }
}

for (const small of [pixels(256, 144), pixels(88, 40), pixels(64, 104), pixels(75, 51), pixels(24, 16)]) {
  test(`a film of ${small.widthPx} x ${small.heightPx} has the same motion and colour in TypeScript and in WebAssembly`, async (t) => {
    const pictures = await movingPictures(small);
    const ways = [scalarMath, pixelMath()].map((math) => ({ math, ...newStates(small) }));
    for (let i = 1; i < pictures.length; i++) {
      const [one, other] = ways.map((way) => ({ ...stepOn(way, pictures, i, small), ...way }));
      t.is(one!.uncovered, other!.uncovered, `picture ${i}`);
      t.true(isSame(one!.motion.source, other!.motion.source), `picture ${i}`);
      t.true(isSame(one!.motion.confidence, other!.motion.confidence), `picture ${i}`);
      for (const name of ['carried', 'back'] as const) {
        t.true(isSame(one![name].ab, other![name].ab), `picture ${i}: ${name}`);
        t.true(isSame(one![name].weight, other![name].weight), `picture ${i}: ${name}`);
      }
    }
  });
}

for (const size of [pixels(256, 144), pixels(88, 40), pixels(64, 104)]) {
  test(`a camera of ${size.widthPx} x ${size.heightPx} has the same background, path and half colour in TypeScript and in WebAssembly`, async (t) => {
    const pictures = await movingPictures(size);
    const ways = [scalarMath, pixelMath()].map((math) => ({ math, ...newLive(size) }));
    for (let i = 1; i < pictures.length; i++) {
      const [one, other] = ways.map((way) => liveStep(way, pictures, i, size));
      t.deepEqual(one!.counts, other!.counts, `picture ${i}`);
      one!.arrays.forEach((array, k) => t.true(isSame(array, other!.arrays[k]!), `picture ${i}, array ${k}`));
    }
    t.true(
      ways[0]!.background.some((value) => value !== 0),
      'a background is learnt',
    );
  });
}

interface Live extends Pick<LiveState, 'background' | 'stillness'> {
  readonly motion: MotionArrays;
  readonly tracks: [Track, Track];
}

function newLive(size: SizePx): Live {
  const count = size.widthPx * size.heightPx;
  const track = (): Track => ({ source: new Int32Array(count), confidence: new Float32Array(count) });
  const first = track();
  beginTrack(first);
  return {
    motion: { source: new Int32Array(count), confidence: new Float32Array(count) },
    tracks: [first, track()],
    background: new Float32Array(2 * count),
    stillness: new Float32Array(count),
  };
}

/** What a live camera does with each picture besides what a film does. */
function liveStep(
  { math, motion, tracks, ...state }: Live & { math: PixelMath },
  pictures: readonly Uint8Array[],
  index: number,
  size: SizePx,
): { counts: number[]; arrays: ArrayBufferView[] } {
  const picture = pictures[index]!;
  const color = madeColor(picture.length);
  const half = pixels(size.widthPx / 2, size.heightPx / 2);
  const [smaller, halfColor] = [newPicture(half), emptyState(half)];
  math.motion(pictures[index - 1]!, picture, size, 2.5, motion);
  math.followTrack(tracks[(index + 1) % 2]!, tracks[index % 2]!, motion);
  math.learnBackground(state, color, motion, 3.7, index > 2);
  math.halve(picture, size, smaller);
  math.halveColor(color, size, halfColor);
  const { source, confidence } = tracks[index % 2]!;
  return {
    counts: [math.countUnder(0.3, color.weight), math.countMoving(motion), math.meanOf(picture)],
    arrays: [
      source.slice(),
      confidence.slice(),
      state.background.slice(),
      state.stillness.slice(),
      smaller,
      halfColor.ab,
      halfColor.weight,
    ],
  };
}

interface Way {
  readonly math: PixelMath;
  readonly motion: MotionArrays;
  readonly earlier: ColorState;
  readonly carried: ColorState;
  readonly back: ColorState;
}

function newStates(size: SizePx): Omit<Way, 'math'> {
  const count = size.widthPx * size.heightPx;
  return {
    motion: { source: new Int32Array(count), confidence: new Float32Array(count) },
    earlier: emptyState(size),
    carried: emptyState(size),
    back: emptyState(size),
  };
}

/** One step forward: motion, an answer, colour carried forward and backward, and both combined. */
function stepOn(
  { math, motion, earlier, carried, back }: Way,
  pictures: readonly Uint8Array[],
  index: number,
  size: SizePx,
): { uncovered: number } {
  const answerSize = pixels(Math.ceil(size.widthPx / 4), Math.ceil(size.heightPx / 4));
  const answer = madeColor(answerSize.widthPx * answerSize.heightPx).ab.map((value) => value * index);
  const stillLevels = index % 3 === 0 ? 2.5 : 0;
  const uncovered = math.motion(pictures[index - 1]!, pictures[index]!, size, stillLevels, motion);
  math.carry(earlier, carried, motion);
  math.blend(carried, answer, size, answerSize);
  math.carryBack(carried, back, motion);
  math.join(earlier, back);
  earlier.ab.set(carried.ab);
  earlier.weight.set(carried.weight);
  return { uncovered };
}

/** Real motion, brightness that flickers up and down, a cut, noise. */
async function movingPictures(size: SizePx): Promise<Uint8Array[]> {
  const { widthPx, heightPx } = size;
  const filter = `scale=${widthPx}:${heightPx},format=gray`;
  const frames = ['-ss', '1', '-i', film, '-vf', filter, '-frames:v', '6', '-f', 'rawvideo', '-'];
  const { stdout } = await runFfmpeg(frames);
  const count = widthPx * heightPx;
  const real = Array.from(
    { length: 6 },
    (_, i) => new Uint8Array(stdout.subarray(i * count, (i + 1) * count)),
  );
  const random = seededRandom(9);
  const noise = newPicture(size).map(() => 256 * random());
  const lit = real[5]!.map((value) => Math.min(255, value + 20));
  const moved = real[5]!.map((_, i) => real[5]![(i + 9 * widthPx + 13) % count]!);
  return [...real, lit, real[5]!, moved, noise, real[0]!, real[0]!];
}

function newPicture({ widthPx, heightPx }: SizePx): Uint8Array {
  return new Uint8Array(widthPx * heightPx);
}

/** Whether two arrays hold the same bits. */
function isSame(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
  );
}

/** Colour that differs from pixel to pixel; the confidence of some pixels is 0. */
function madeColor(count: number): { ab: Float32Array; weight: Float32Array } {
  const random = seededRandom(4);
  return {
    ab: Float32Array.from({ length: 2 * count }, (_, i) => 50 * Math.sin(i / 31) + 40 * random()),
    weight: Float32Array.from({ length: count }, () => (random() < 0.2 ? 0 : 20 * random())),
  };
}

function copyOf({ y }: FramePlanes, layout: FrameLayout): FramePlanes {
  const copy = framePlanes(new ArrayBuffer(frameBytes(layout)), layout);
  copy.y.set(y);
  return copy;
}

async function frameOf(layout: FrameLayout, source: 'random' | 'real'): Promise<FramePlanes> {
  const planes = framePlanes(new ArrayBuffer(frameBytes(layout)), layout);
  planes.y.set(source === 'random' ? randomLuma(layout) : await filmLuma(layout));
  return planes;
}

/** Noise that includes black and white. */
function randomLuma({ widthPx, heightPx, bitDepth }: FrameLayout): number[] {
  const random = seededRandom(widthPx);
  const most = 2 ** bitDepth - 1;
  return Array.from({ length: widthPx * heightPx }, () => {
    const value = random() * 1.4 - 0.2;
    return Math.round(Math.min(Math.max(value, 0), 1) * most);
  });
}

/** A frame of the bundled film. */
async function filmLuma({ widthPx, heightPx, bitDepth }: FrameLayout): Promise<LumaPlane> {
  const filter = `scale=${widthPx}:${heightPx},format=gray${bitDepth === 8 ? '' : `${bitDepth}le`}`;
  const args = ['-i', film, '-vf', filter, '-frames:v', '1', '-f', 'rawvideo', '-'];
  const { stdout } = await runFfmpeg(args);
  const bytes = new Uint8Array(stdout);
  return bitDepth === 8 ? bytes : new Uint16Array(bytes.buffer);
}
