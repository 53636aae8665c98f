import test from 'ava';
import { OwnColorWatch } from '../../../src/stream/live/own-color-watch.ts';

/** Feeds one sample per second and returns what is shown after each. */
function watch(samples: readonly (number | undefined)[]): boolean[] {
  const own = new OwnColorWatch();
  return samples.map((saturation, i) => own.update(saturation, i * 1000));
}

const times = (count: number, value: number | undefined): (number | undefined)[] =>
  Array.from({ length: count }, () => value);

test('a camera in colour is shown in its own colour from the first frame on', (t) => {
  t.deepEqual(new Set(watch([...times(2, undefined), ...times(60, 8)])), new Set([true]));
});

test('a gray camera is coloured by the network as soon as its first saturation is known', (t) => {
  t.deepEqual(watch([undefined, undefined, 0, 0, 0]), [true, true, false, false, false]);
});

test('infrared at nightfall counts after 4 s, and so does the morning', (t) => {
  const shown = watch([...times(30, 8), ...times(60, 0), ...times(30, 8)]);
  t.is(shown.indexOf(false), 34);
  t.is(shown.lastIndexOf(false), 93);
});

test('nothing flickers at twilight: between the thresholds nothing changes, and changes are 20 s apart', (t) => {
  const dusk = times(120, undefined).map((_, i) => (i % 10 < 5 ? 2 : 5.5));
  const shown = watch([...times(30, 8), ...times(60, 3.5), ...dusk]);
  const changes = shown.flatMap((now, i) => (i > 0 && now !== shown[i - 1] ? [i] : []));
  t.true(changes.length <= 6, changes.join(' '));
  t.true(
    changes.every((at, i) => i === 0 || at - (changes[i - 1] ?? 0) >= 20),
    changes.join(' '),
  );
  t.false(shown.slice(0, 90).includes(false));
});
