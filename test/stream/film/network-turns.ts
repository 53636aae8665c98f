import test from 'ava';
import type { Motion } from '../../../src/stream/pixels/motion.ts';
import type { NetworkTurn } from '../../../src/stream/film/film-frame.ts';
import { firstTurn, nextTurn } from '../../../src/stream/film/network-turns.ts';

const every = 4;

interface Shown {
  /** share of the picture that was not seen before; undefined: a cut */
  readonly uncovered?: number | undefined;
  readonly luma?: number;
}

/** The frames for which the network runs. */
function asked(count: number, frameAt: (index: number) => Shown): number[] {
  let turn: NetworkTurn = firstTurn;
  const frames: number[] = [];
  for (let index = 0; index < count; index++) {
    const { uncovered, luma = 100 } = frameAt(index);
    const motion =
      uncovered === undefined
        ? undefined
        : ({ uncovered, source: new Int32Array(), confidence: new Float32Array() } satisfies Motion);
    turn = nextTurn(turn, { motion, mean: luma, isSceneStart: index === 0 }, every);
    if (turn.sinceAnswer === 0) frames.push(index);
  }
  return frames;
}

test('for a still picture the network runs five times, then every 32 frames', (t) => {
  const frames = asked(100, (index) => ({ uncovered: index === 0 ? undefined : 0.0002 }));
  t.deepEqual(frames, [0, 4, 8, 12, 16, 48, 80]);
});

test('if something moves, the network runs for every fourth frame', (t) => {
  const frames = asked(40, (index) => ({ uncovered: index === 0 ? undefined : 0.01 }));
  t.deepEqual(frames, [0, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
});

test('after something new, a change of light or a cut, the network runs immediately or at the next fourth frame', (t) => {
  const still = (index: number): Shown => ({ uncovered: index === 0 ? undefined : 0 });
  t.true(asked(40, (index) => (index === 25 ? { uncovered: 0.2 } : still(index))).includes(25), 'new');
  t.true(asked(40, (index) => (index === 25 ? {} : still(index))).includes(25), 'cut');
  const slowly = asked(40, (index) => ({ ...still(index), luma: index < 24 ? 100 : 104 }));
  t.deepEqual(slowly, [0, 4, 8, 12, 16, 24], 'light');
  const after = asked(60, (index) => (index === 25 ? {} : still(index)));
  t.deepEqual(after, [0, 4, 8, 12, 16, 25, 29, 33, 37, 41], 'a new scene settles anew');
});
