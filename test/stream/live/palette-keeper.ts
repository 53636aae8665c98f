import test from 'ava';
import { PaletteKeeper, type PaletteSettings } from '../../../src/stream/live/palette-keeper.ts';

interface Rig {
  readonly keeper: PaletteKeeper;
  /** The picture of each palette that was asked for, by its first byte. */
  readonly computed: number[];
  readonly signals: AbortSignal[];
  readonly show: (value: number, atMs: number) => Promise<void>;
  readonly errors: unknown[];
}

interface RigOptions extends Partial<PaletteSettings> {
  readonly provisional?: Float32Array;
  readonly isBroken?: () => boolean;
  /** a palette is there when this is */
  readonly gate?: Promise<void>;
}

/** The brightest picture is the best one; the palette of a picture is its value: `[value]`. */
function makeRig({ provisional, isBroken, gate, ...settings }: RigOptions = {}): Rig {
  const computed: number[] = [];
  const signals: AbortSignal[] = [];
  const errors: unknown[] = [];
  const keeper = new PaletteKeeper({
    settings: { refreshS: 60, blendS: 4, lightChange: 16, ...settings },
    provisional,
    choose: (pictures) => pictures.reduce((best, next) => (valueOf(next) > valueOf(best) ? next : best)),
    compute: async (picture, signal) => {
      if (isBroken?.()) throw new Error('no device');
      computed.push(valueOf(picture));
      signals.push(signal);
      await gate;
      return Float32Array.of(valueOf(picture));
    },
    onError: (error) => errors.push(error),
  });
  const show = async (value: number, atMs: number): Promise<void> => {
    keeper.show(new Uint8Array(4).fill(value), value, atMs);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { keeper, computed, signals, show, errors };
}

function valueOf(picture: Uint8Array): number {
  return picture[0] ?? -1;
}

test('the first picture gives a palette at once, the best of three a better one', async (t) => {
  const { keeper, computed, show } = makeRig();
  t.is(keeper.condition(0), undefined);
  await show(100, 0);
  t.deepEqual(keeper.condition(1), Float32Array.of(100));
  await show(108, 800);
  await show(104, 1600);
  t.deepEqual(computed, [100, 108]);
});

test('if the first picture is the best of three, its palette stays', async (t) => {
  const { keeper, computed, show } = makeRig();
  for (const [i, value] of [108, 100, 104, 104, 104].entries()) await show(value, i * 800);
  t.deepEqual(computed, [108]);
  t.is(keeper.condition(4000)?.[0], 108);
});

test('after a provisional palette, the first one comes from the best of three and replaces it', async (t) => {
  const { keeper, computed, show } = makeRig({ provisional: Float32Array.of(8) });
  for (const [i, value] of [100, 108].entries()) {
    await show(value, i * 800);
    t.is(keeper.condition(i * 800)?.[0], 8);
  }
  t.deepEqual(computed, []);
  await show(104, 1600);
  t.deepEqual(computed, [108]);
  t.deepEqual(
    [1600, 3600, 5600].map((ms) => keeper.condition(ms)?.[0]),
    [8, 58, 108],
  );
  keeper.restart();
  t.is(keeper.condition(6000)?.[0], 8, 'another scene begins with it again');
});

test('a new palette replaces the old one over several seconds', async (t) => {
  const { keeper, show } = makeRig();
  await show(100, 0);
  t.is(keeper.condition(0)?.[0], 100);
  await show(108, 800);
  await show(104, 1600);
  t.is(keeper.condition(1600)?.[0], 100);
  t.is(keeper.condition(3600)?.[0], 104);
  t.is(keeper.condition(5600)?.[0], 108);
  t.is(keeper.condition(60_000)?.[0], 108);
});

test('a palette that took long to compute fades in as slowly as any other', async (t) => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { keeper, show } = makeRig({ provisional: Float32Array.of(8), gate });
  for (const [i, value] of [100, 108, 104].entries()) await show(value, i * 800);
  t.is(keeper.condition(9000)?.[0], 8);
  open();
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(
    [10_000, 12_000, 14_000].map((ms) => keeper.condition(ms)?.[0]),
    [8, 58, 108],
  );
});

test('a palette is computed again after its time, and not before', async (t) => {
  const { computed, show } = makeRig();
  for (let s = 0; s < 60; s++) await show(100, s * 1000);
  t.is(computed.length, 1);
  await show(100, 60_001);
  t.is(computed.length, 2);
});

test('once the light has changed and settled, a palette comes only from the new light', async (t) => {
  const { computed, show } = makeRig();
  for (let s = 0; s < 5; s++) await show(100, s * 1000);
  for (const [i, value] of [90, 78, 62, 60, 60].entries()) await show(value, 5000 + i * 1000);
  t.deepEqual(computed, [100, 62]);
});

test('pictures that arrive too soon are not kept', async (t) => {
  const { computed, show } = makeRig();
  for (let i = 0; i < 20; i++) await show(100 + i, i * 50);
  t.deepEqual(computed, [100]);
});

test('another scene begins with its own first picture and without a blend', async (t) => {
  const { keeper, show } = makeRig();
  await show(100, 0);
  t.is(keeper.condition(5)?.[0], 100);
  keeper.restart();
  t.is(keeper.condition(10), undefined);
  await show(20, 20);
  t.is(keeper.condition(21)?.[0], 20);
});

test('work for a scene that is over is dropped', async (t) => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { keeper, computed, signals, errors, show } = makeRig({ gate });
  await show(100, 0);
  keeper.restart();
  t.deepEqual(
    signals.map((signal) => signal.aborted),
    [true],
  );
  await show(20, 20);
  t.deepEqual(computed, [100, 20]);
  open();
  await new Promise((resolve) => setImmediate(resolve));
  t.is(keeper.condition(21)?.[0], 20);
  t.deepEqual(errors, []);
});

test('a failure is reported, the old palette stays, and the next attempt waits', async (t) => {
  let isBroken = false;
  const { keeper, computed, show, errors } = makeRig({ refreshS: 5, isBroken: () => isBroken });
  for (let s = 0; s < 4; s++) await show(100, s * 1000);
  isBroken = true;
  await show(100, 8000);
  await show(100, 9000);
  t.is(errors.length, 1);
  t.is(keeper.condition(9000)?.[0], 100);
  isBroken = false;
  await show(100, 14_000);
  t.is(computed.length, 2);
});
