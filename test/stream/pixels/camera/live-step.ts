import test from 'ava';
import {
  beginTrack,
  liveState,
  newLiveMemory,
  type LiveState,
} from '../../../../src/stream/pixels/camera/live-state.ts';
import {
  stepLive,
  type LiveStepTask,
  type LiveStepResult,
} from '../../../../src/stream/pixels/camera/live-step.ts';
import { maskSpans } from '../../../../src/stream/pixels/mask.ts';
import { seededRandom } from '../../../helpers/seeded.ts';

const size = { widthPx: 256, heightPx: 144 };
const smallSize = { widthPx: 128, heightPx: 72 };
const answerSize = { widthPx: 32, heightPx: 18 };
const luma = size.widthPx * size.heightPx;

/** A textured background with a bright textured square at this column. */
function scene(squareX: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(luma);
  const plane = new Uint8Array(memory);
  const random = seededRandom(1);
  const ground = Float32Array.from({ length: 33 * 19 }, () => 60 + 50 * random());
  for (let y = 0; y < size.heightPx; y++)
    for (let x = 0; x < size.widthPx; x++) {
      const isSquare = y >= 48 && y < 96 && x >= squareX && x < squareX + 48;
      const inSquare = 190 + 40 * Math.sin((x - squareX) / 5) * Math.cos(y / 6);
      plane[y * size.widthPx + x] = isSquare ? inSquare : (ground[(y >> 3) * 33 + (x >> 3)] ?? 0);
    }
  return memory;
}

/** Random black and white blocks of 4 x 4, a pattern that the search cannot find anywhere else. */
function blocks(seed: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(luma);
  const plane = new Uint8Array(memory);
  const random = seededRandom(seed);
  const levels = Uint8Array.from({ length: 64 * 36 }, () => (random() < 0.5 ? 0 : 255));
  for (let i = 0; i < luma; i++) plane[i] = levels[((i / 256) >> 2) * 64 + ((i % 256) >> 2)] ?? 0;
  return memory;
}

/** An answer with a blue-green background and a red square (in columns of the small picture). */
function answerFor(squareX: number): Float32Array {
  const count = answerSize.widthPx * answerSize.heightPx;
  const answer = new Float32Array(2 * count).fill(-20);
  for (let y = 6; y < 12; y++)
    for (let x = squareX / 8; x < squareX / 8 + 6; x++) {
      answer[y * answerSize.widthPx + x] = 50;
      answer[count + y * answerSize.widthPx + x] = 30;
    }
  return answer;
}

interface Rig {
  readonly state: LiveState;
  readonly picture: Uint8Array;
  readonly step: (frame: SharedArrayBuffer, changes?: Partial<LiveStepTask>) => LiveStepResult;
  readonly flip: () => 0 | 1;
}

function makeRig(
  pictureSize = { widthPx: 128, heightPx: 72 },
  masks: Parameters<typeof maskSpans>[0] = [],
  memory = newLiveMemory(smallSize),
): Rig {
  const rendition = {
    memory: new SharedArrayBuffer((pictureSize.widthPx * pictureSize.heightPx * 3) / 2),
    size: pictureSize,
    isOriginal: false,
    maskedChroma: maskSpans(masks, { widthPx: pictureSize.widthPx / 2, heightPx: pictureSize.heightPx / 2 }),
  };
  let flip: 0 | 1 = 0;
  let hasEarlier = false;
  return {
    state: liveState(memory, smallSize),
    picture: new Uint8Array(rendition.memory),
    flip: () => flip,
    step: (frame, changes = {}) => {
      flip = flip === 0 ? 1 : 0;
      const result = stepLive({
        luma: frame,
        size,
        state: memory,
        smallSize,
        flip,
        hasEarlier,
        isTracking: false,
        answerSize,
        mode: 'color',
        saturation: 1,
        elapsedS: 1 / 15,
        isLearning: true,
        renditions: [rendition],
        ...changes,
      });
      hasEarlier = true;
      return result;
    },
  };
}

/** a* in the middle row of the small picture. */
function redAt(rig: Rig, x: number): number {
  return rig.state.colors[rig.flip()].ab[36 * smallSize.widthPx + x] ?? NaN;
}

test('an answer that arrives some frames later is applied where its surfaces are by then', (t) => {
  const rig = makeRig();
  rig.step(scene(40));
  beginTrack(rig.state.tracks[rig.flip()]);
  for (let i = 1; i <= 5; i++) rig.step(scene(40 + 4 * i), { isTracking: true });
  rig.step(scene(64), { isTracking: true, answer: answerFor(40) });
  t.true(redAt(rig, 32 + 12) > 35, 'the square, 24 pixels on, is red');
  t.true(
    redAt(rig, 18) < 0 || rig.state.colors[rig.flip()].weight[36 * 128 + 18] === 0,
    'where it was is not',
  );
  t.true(redAt(rig, 110) < -15, 'the ground that stood still has its colour');
});

test('the kernels work on the state in place, with the same result bit for bit as with copies', (t) => {
  const shared = newLiveMemory(smallSize);
  t.true('grow' in shared, 'the kernels run on it');
  const rigs = [shared, { buffer: new SharedArrayBuffer(shared.buffer.byteLength) }].map((memory) =>
    makeRig(undefined, undefined, memory),
  );
  const results = rigs.map((rig) => {
    rig.step(scene(40));
    beginTrack(rig.state.tracks[rig.flip()]);
    const answers = [undefined, undefined, answerFor(40), undefined, answerFor(48)];
    return answers.map((answer, i) => rig.step(scene(44 + 4 * i), { isTracking: true, answer }));
  });
  t.deepEqual(results[0], results[1]);
  t.deepEqual(rigs[0]?.state, rigs[1]?.state);
  t.deepEqual(rigs[0]?.picture, rigs[1]?.picture);
});

test('between answers colour follows the motion', (t) => {
  const rig = makeRig();
  rig.step(scene(40));
  beginTrack(rig.state.tracks[rig.flip()]);
  rig.step(scene(40), { isTracking: true, answer: answerFor(40) });
  for (let i = 1; i <= 8; i++) rig.step(scene(40 + 4 * i));
  t.true(redAt(rig, 36 + 12) > 30);
});

test("the picture has the frame's luma, and colour where the answer has it", (t) => {
  const rig = makeRig();
  rig.step(scene(40));
  beginTrack(rig.state.tracks[rig.flip()]);
  rig.step(scene(40), { isTracking: true, answer: answerFor(40) });
  const frame = new Uint8Array(scene(40));
  let worst = 0;
  for (let y = 0; y < 72; y++)
    for (let x = 0; x < 128; x++) {
      const at = 2 * y * 256 + 2 * x;
      const mean =
        ((frame[at] ?? 0) + (frame[at + 1] ?? 0) + (frame[at + 256] ?? 0) + (frame[at + 257] ?? 0)) / 4;
      worst = Math.max(worst, Math.abs(mean - (rig.picture[y * 128 + x] ?? 0)));
    }
  t.true(worst <= 0.5, `luma is off by ${worst}`);
  const cr = (x: number, y: number): number => rig.picture[(128 * 72 * 5) / 4 + y * 64 + x] ?? 0;
  t.true(cr(16, 18) > 150, 'the square is red');
  t.true(cr(55, 18) < 126, 'the ground is not');
});

test('a picture of the full size has the luma bit for bit', (t) => {
  const rig = makeRig(size);
  rig.step(scene(40));
  t.deepEqual(Buffer.from(rig.picture.subarray(0, luma)), Buffer.from(new Uint8Array(scene(40))));
});

test('a gray picture and an original have no colour', (t) => {
  for (const changes of [{ mode: 'gray' as const }, { saturation: 0 }]) {
    const rig = makeRig();
    rig.step(scene(40));
    beginTrack(rig.state.tracks[rig.flip()]);
    rig.step(scene(40), { isTracking: true, answer: answerFor(40), ...changes });
    t.true(rig.picture.subarray(128 * 72).every((value) => value === 128));
  }
});

test('at night the background keeps the daylight colour, and moving things are gray', (t) => {
  const rig = makeRig();
  rig.step(scene(40));
  beginTrack(rig.state.tracks[rig.flip()]);
  rig.step(scene(40), { isTracking: true, answer: answerFor(40) });
  for (let i = 0; i < 12; i++) rig.step(scene(40), { elapsedS: 0.5 });
  const night = { mode: 'background' as const, isLearning: false };
  for (let i = 1; i <= 6; i++) rig.step(scene(40 + 8 * i), night);
  const cr = (x: number, y: number): number => rig.picture[(128 * 72 * 5) / 4 + y * 64 + x] ?? 0;
  t.true(cr(55, 6) < 126, 'the ground has its colour');
  t.true(Math.abs(cr(28, 18) - 128) < 8, `what came by is gray, not ${cr(28, 18)}`);
});

test('a masked area has no colour, whatever is around it', (t) => {
  const mask = { x: 0.75, y: 0.25, width: 0.125, height: 0.5 };
  const rig = makeRig({ widthPx: 128, heightPx: 72 }, [mask]);
  rig.step(scene(40));
  beginTrack(rig.state.tracks[rig.flip()]);
  rig.step(scene(40), { isTracking: true, answer: answerFor(40) });
  for (let y = 9; y < 27; y++) for (let x = 48; x < 56; x++) t.is(rig.picture[128 * 72 + y * 64 + x], 128);
  t.not(rig.picture[128 * 72 + 18 * 64 + 60], 128);
});

test('a step measures motion, change and brightness', (t) => {
  const rig = makeRig();
  t.is(rig.step(scene(40)).uncovered, 1, 'the first frame is new');
  const still = rig.step(scene(40));
  t.deepEqual({ uncovered: still.uncovered, moving: still.moving }, { uncovered: 0, moving: 0 });
  const moved = rig.step(scene(48));
  t.true(moved.moving > 0.05 && moved.moving < 0.2, `${moved.moving} moves`);
  const dark = new SharedArrayBuffer(luma);
  t.is(rig.step(dark).brightness, 0);
  rig.step(blocks(1));
  t.true(rig.step(blocks(2)).uncovered > 0.22, 'another picture');
});

test('making a frame again in another size does not change the state', (t) => {
  const rig = makeRig();
  rig.step(scene(40));
  beginTrack(rig.state.tracks[rig.flip()]);
  rig.step(scene(40), { isTracking: true, answer: answerFor(40) });
  const before = rig.picture.slice();
  const colors = rig.state.colors[rig.flip()].ab.slice();
  const flip = rig.flip();
  rig.step(scene(40), { isRepeat: true, flip });
  t.deepEqual(rig.state.colors[flip].ab, colors);
  t.deepEqual(rig.picture, before);
});
