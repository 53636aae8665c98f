import { firstTurn } from '../../../src/stream/film/network-turns.ts';
import test from 'ava';
import { from, lastValueFrom, tap, toArray } from 'rxjs';
import type { AnsweredFrame, Scene, SteadyFrame } from '../../../src/stream/film/film-frame.ts';
import { FramePool } from '../../../src/stream/film/frame-pool.ts';
import { estimateMotion } from '../../../src/stream/pixels/motion.ts';
import { scalarMath } from '../../../src/stream/pixels/pixel-math.ts';
import type { ColorState } from '../../../src/stream/pixels/steady.ts';
import { steadyColor, steadyFrames } from '../../../src/stream/film/steady-stage.ts';
import { seededRandom } from '../../helpers/seeded.ts';

const size = { widthPx: 64, heightPx: 40 };
const answerSize = { widthPx: 16, heightPx: 10 };
const count = size.widthPx * size.heightPx;
const cutAt = 23;

test('each frame shows the mean of the answers of its scene before and after it', async (t) => {
  const frames = await film(40);
  const shown = await steady(frames, { blockFrames: 64 });
  const meanOf = (from: number, to: number): number => {
    const answers = frames.slice(from, to).flatMap(({ answer }) => (answer ? [answer[0]!] : []));
    return answers.reduce((sum, value) => sum + value, 0) / answers.length;
  };
  // A corner that does not move, in frames with fewer answers than the mean takes.
  for (const { index, color } of shown) {
    const mean = index < cutAt ? meanOf(0, cutAt) : meanOf(cutAt, 40);
    t.true(Math.abs(color.ab[0]! - mean) < 1e-3, `frame ${index}: ${color.ab[0]} is not ${mean}`);
  }
});

test('frames are delivered once and in order, and a bounded number is held', async (t) => {
  for (const blockFrames of [1, 2, 16]) {
    let inside = 0;
    let most = 0;
    const frames = await film(40);
    const out = await lastValueFrom(
      from(frames).pipe(
        tap(() => (most = Math.max(most, ++inside))),
        steadyColor({ size, answerSize, blockFrames, math: scalarMath }),
        tap(() => inside--),
        toArray(),
      ),
    );
    t.deepEqual(
      out.map(({ index }) => index),
      frames.map(({ index }) => index),
    );
    t.is(most, Math.min(40, steadyFrames(blockFrames)));
  }
});

test('a film that resumes at any frame has the same colours as an uninterrupted film', async (t) => {
  const whole = await steady(await film(40), { blockFrames: 8 });
  for (const start of [8, 13, 16, cutAt, 39]) {
    const rest = await steady((await film(40)).slice(start), {
      blockFrames: 8,
      state: whole[start - 1]!.carried,
    });
    t.deepEqual(
      rest.map(({ color }) => color),
      whole.slice(start).map(({ color }) => color),
      `from frame ${start}`,
    );
  }
});

test('with answers that disagree, colour changes less between frames than with a mean of earlier answers only', async (t) => {
  const shown = await steady(await film(cutAt), { blockFrames: 16 });
  const change = (state: (frame: SteadyFrame) => ColorState): number => {
    let sum = 0;
    for (let k = 1; k < shown.length; k++) {
      const [before, after] = [state(shown[k - 1]!), state(shown[k]!)];
      for (let i = 0; i < 8; i++) sum += Math.abs(after.ab[i]! - before.ab[i]!);
    }
    return sum;
  };
  const [both, past] = [change((frame) => frame.color), change((frame) => frame.carried!)];
  t.true(both < 0.5 * past, `${both} against ${past}`);
});

function steady(
  frames: readonly AnsweredFrame[],
  options: { blockFrames: number; state?: ColorState | undefined },
): Promise<SteadyFrame[]> {
  return lastValueFrom(
    from(frames).pipe(steadyColor({ size, answerSize, math: scalarMath, ...options }), toArray()),
  );
}

/** A square moves over a still texture, with a cut to another one at frame 23. Every second frame has a new answer. */
async function film(length: number): Promise<AnsweredFrame[]> {
  const random = seededRandom(3);
  const layout = { ...size, bitDepth: 8, range: 'full', chroma: '420', interlaced: false } as const;
  const pool = new FramePool({ layout, smallSize: size }, { capacity: length, threads: 1 });
  const textures = [0, 1].map(() => Uint8Array.from({ length: count }, () => 60 + random() * 40));
  const scene = {
    number: 0,
    firstFrame: 0,
    firstPts: 0,
    start: 'first',
    isCard: false,
    isOwn: false,
  } as Scene;
  const frames: AnsweredFrame[] = [];
  for (let index = 0; index < length; index++) {
    const buffer = await pool.acquire();
    const { small } = buffer;
    small.set(textures[index < cutAt ? 0 : 1]!);
    for (let y = 12; y < 28; y++) small.fill(200, y * 64 + 10 + index, y * 64 + 26 + index);
    const isStart = index === 0 || index === cutAt;
    const earlier = frames.at(-1)?.small ?? small;
    frames.push({
      index,
      pts: index,
      fields: 'progressive',
      buffer,
      small,
      spread: undefined,
      scene,
      isSceneStart: isStart,
      cutState: undefined,
      endsSegment: true,
      endsBatch: false,
      motion: isStart ? undefined : estimateMotion(earlier, small, size),
      turn: { ...firstTurn, sinceAnswer: index % 2 },
      answer: index % 2 === 0 ? new Float32Array(2 * 160).fill(random() * 60 - 30) : undefined,
    });
  }
  return frames;
}
