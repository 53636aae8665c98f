import test from 'ava';
import { LiveEngine } from '../../../src/stream/live/live-engine.ts';
import { NetworkAsker, type AskFrame, type AskSettings } from '../../../src/stream/live/network-asker.ts';

const size = { widthPx: 8, heightPx: 8 };
const condition = new Float32Array(256);

interface Rig {
  readonly asker: NetworkAsker;
  /** First bytes of the pictures that the network looked at. */
  readonly seen: number[];
  readonly show: (
    value: number,
    nowMs: number,
    changes?: Partial<AskFrame['result']>,
    isIdle?: boolean,
  ) => AskFrame;
  readonly finish: () => Promise<void>;
}

function makeRig(settings: Partial<AskSettings> = {}): Rig {
  const seen: number[] = [];
  const ends: (() => void)[] = [];
  const engine = new LiveEngine({ batchSize: 1, maxWaitMs: 0, onError: () => undefined });
  const network = {
    colorize: ({ pictures }: { pictures: readonly Uint8Array[] }): Promise<Float32Array[]> => {
      seen.push(pictures[0]?.[0] ?? -1);
      return new Promise((resolve) => ends.push(() => resolve([Float32Array.of(pictures[0]?.[0] ?? -1)])));
    },
  };
  const asker = new NetworkAsker(engine, () => ({ refreshFps: 5, motionGate: true, ...settings }));
  const show: Rig['show'] = (value, nowMs, changes = {}, isIdle = false) => {
    const frame: AskFrame = {
      small: new Uint8Array(64).fill(value),
      size,
      nowMs,
      isIdle,
      network,
      condition,
      track: { source: new Int32Array(64), confidence: new Float32Array(64) },
      result: { uncovered: 0, moving: 0.05, brightness: 100, uncolored: 0, ...changes },
    };
    asker.consider(frame);
    return frame;
  };
  const finish = async (): Promise<void> => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { asker, seen, show, finish };
}

test('the network is asked at the rate of the config, whatever the frame rate', async (t) => {
  const { seen, show, finish, asker } = makeRig();
  for (let i = 0; i < 30; i++) {
    show(i, i * 66);
    await finish();
    asker.take();
  }
  t.deepEqual(seen, [0, 4, 8, 12, 16, 20, 24, 28]);
});

test('the network works on one frame at a time, its answer is taken once, and its path starts at that frame', async (t) => {
  const { asker, seen, show, finish } = makeRig();
  const { track } = show(1, 0);
  t.deepEqual([...track.source.slice(0, 4)], [0, 1, 2, 3]);
  t.true(track.confidence.every((value) => value === 1));
  show(2, 500);
  show(3, 1000);
  t.deepEqual(seen, [1]);
  t.true(asker.isTracking);
  t.is(asker.take(), undefined);
  await finish();
  t.true(asker.isTracking);
  t.deepEqual(asker.take(), Float32Array.of(1));
  t.is(asker.take(), undefined);
  t.false(asker.isTracking);
});

test('the network does not run again and again for a still picture', async (t) => {
  const { asker, seen, show, finish } = makeRig();
  for (let i = 0; i < 60; i++) {
    show(i, i * 200, { moving: 0 });
    await finish();
    asker.take();
  }
  t.is(seen.length, 7, 'six answers, and one look after ten seconds');
});

test('motion ends the pause at once, and the gate can be left open', async (t) => {
  for (const [motionGate, expected] of [
    [true, 8],
    [false, 20],
  ] as const) {
    const { asker, seen, show, finish } = makeRig({ motionGate });
    for (let i = 0; i < 20; i++) {
      show(i, i * 200, { moving: i === 15 || i === 16 ? 0.2 : 0 });
      await finish();
      asker.take();
    }
    t.true(
      motionGate
        ? seen.includes(15) && seen.length >= expected && seen.length < 15
        : seen.length === expected,
    );
  }
});

test('without a viewer the network runs only now and then', async (t) => {
  const { asker, seen, show, finish } = makeRig();
  for (let s = 0; s < 31; s++) {
    show(s, s * 1000, {}, true);
    await finish();
    asker.take();
  }
  t.deepEqual(seen, [0, 10, 20, 30]);
});

test('another scene drops the request in progress', async (t) => {
  const { asker, seen, show, finish } = makeRig();
  show(1, 0);
  asker.reset();
  await finish();
  t.is(asker.take(), undefined);
  show(2, 10);
  t.deepEqual(seen, [1, 2], 'and asks at once');
});
