import test from 'ava';
import { PaletteKeeper, type PaletteSettings } from '../../../src/stream/live/palette-keeper.ts';

interface Rig {
  readonly keeper: PaletteKeeper;
  /** Pictures of each palette that was computed, by their first byte. */
  readonly computed: number[][];
  readonly show: (value: number, atMs: number) => Promise<void>;
  readonly errors: unknown[];
}

/** The palette of pictures is their mean value: `[mean]`. */
function makeRig(settings: Partial<PaletteSettings> = {}, fails: () => boolean = () => false): Rig {
  const computed: number[][] = [];
  const errors: unknown[] = [];
  const keeper = new PaletteKeeper({
    settings: { refreshS: 60, blendS: 4, lightChange: 16, ...settings },
    compute: (pictures) => {
      if (fails()) return Promise.reject(new Error('no device'));
      const values = pictures.map((picture) => picture[0] ?? -1);
      computed.push(values);
      return Promise.resolve(Float32Array.of(values.reduce((sum, value) => sum + value) / values.length));
    },
    onError: (error) => errors.push(error),
  });
  const show = async (value: number, atMs: number): Promise<void> => {
    keeper.show(new Uint8Array(4).fill(value), value, atMs);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { keeper, computed, show, errors };
}

test('the first picture gives a palette at once, three pictures a better one', async (t) => {
  const { keeper, computed, show } = makeRig();
  t.is(keeper.condition(0), undefined);
  await show(100, 0);
  t.deepEqual(keeper.condition(1), Float32Array.of(100));
  await show(104, 800);
  await show(108, 1600);
  t.deepEqual(computed, [[100], [100, 104, 108]]);
});

test('a new palette takes the place of the old one over seconds', async (t) => {
  const { keeper, show } = makeRig();
  await show(100, 0);
  await show(104, 800);
  await show(108, 1600);
  t.is(keeper.condition(1600)?.[0], 100);
  t.is(keeper.condition(3600)?.[0], 102);
  t.is(keeper.condition(5600)?.[0], 104);
  t.is(keeper.condition(60_000)?.[0], 104);
});

test('a palette is computed again when its time has come, and not before', async (t) => {
  const { computed, show } = makeRig();
  for (let s = 0; s <= 61; s++) await show(100, s * 1000);
  t.is(computed.length, 2);
  await show(100, 62_001);
  t.is(computed.length, 3);
});

test('when the light has changed and settled, a palette is made of the new light alone', async (t) => {
  const { computed, show } = makeRig();
  for (let s = 0; s < 5; s++) await show(100, s * 1000);
  for (const [i, value] of [90, 75, 62, 60, 60].entries()) await show(value, 5000 + i * 1000);
  t.deepEqual(
    computed.at(-1),
    [75, 62, 60].filter((value) => Math.abs(value - 60) < 16),
  );
  t.is(computed.length, 3);
});

test('pictures that come too fast are not kept', async (t) => {
  const { computed, show } = makeRig();
  for (let i = 0; i < 20; i++) await show(100, i * 50);
  t.deepEqual(computed, [[100]]);
});

test('another scene begins with its own first picture and without a blend', async (t) => {
  const { keeper, show } = makeRig();
  await show(100, 0);
  keeper.restart();
  t.is(keeper.condition(10), undefined);
  await show(20, 20);
  t.is(keeper.condition(21)?.[0], 20);
});

test('a failure is told, the old palette stays, and the next attempt waits', async (t) => {
  let isBroken = false;
  const { keeper, computed, show, errors } = makeRig({ refreshS: 5 }, () => isBroken);
  for (let s = 0; s < 4; s++) await show(100, s * 1000);
  isBroken = true;
  await show(100, 8000);
  await show(100, 9000);
  t.is(errors.length, 1);
  t.is(keeper.condition(9000)?.[0], 100);
  isBroken = false;
  await show(100, 14_000);
  t.is(computed.length, 3);
});
