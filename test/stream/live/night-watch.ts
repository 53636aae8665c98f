import test from 'ava';
import { cameraSchema } from '../../../src/config/schema.ts';
import { NightWatch } from '../../../src/stream/live/night-watch.ts';

function watchFor(night: Record<string, unknown>): NightWatch {
  return new NightWatch(cameraSchema.parse({ source: 'test:testsrc2', night }).night);
}

/** Feeds one sample per second and returns the seconds at which the answer changed. */
function changes(
  watch: NightWatch,
  samples: readonly { saturation?: number; brightness?: number }[],
): number[] {
  const found: number[] = [];
  let before = watch.isNight;
  samples.forEach(({ saturation, brightness = 100 }, second) => {
    const now = watch.update({ saturation, brightness, atMs: second * 1000 });
    if (now !== before) found.push(second);
    before = now;
  });
  return found;
}

const seconds = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test('a colour camera that loses its colour counts as infrared until colour returns', (t) => {
  const day = { saturation: 20 };
  const infrared = { saturation: 0.4 };
  t.deepEqual(
    changes(watchFor({}), [...seconds(20, day), ...seconds(20, infrared), ...seconds(10, day)]),
    [24, 44],
  );
});

test('a camera that never had colour never counts as infrared', (t) => {
  t.deepEqual(changes(watchFor({}), seconds(100, { saturation: 0 })), []);
});

test('a moment without colour does not count as night', (t) => {
  const day = { saturation: 20 };
  t.deepEqual(
    changes(watchFor({}), [...seconds(20, day), ...seconds(3, { saturation: 0 }), ...seconds(20, day)]),
    [],
  );
});

test('between the two thresholds the answer stays the same', (t) => {
  const dusk = { saturation: 3.5 };
  const all = [
    ...seconds(20, { saturation: 20 }),
    ...seconds(30, dusk),
    ...seconds(10, { saturation: 1 }),
    ...seconds(30, dusk),
  ];
  t.deepEqual(changes(watchFor({}), all), [54]);
});

test('luma decides about darkness, with a margin on the way back', (t) => {
  const watch = watchFor({ detect: 'darkness', darkness: 20 });
  const all = [
    ...seconds(5, { brightness: 80 }),
    ...seconds(10, { brightness: 12 }),
    ...seconds(10, { brightness: 22 }),
    ...seconds(10, { brightness: 40 }),
  ];
  t.deepEqual(changes(watch, all), [9, 29]);
});

test('hours may cross midnight', (t) => {
  const watch = watchFor({ detect: 'hours', from: '22:00', to: '05:30' });
  const at = (hours: number, minutes: number): boolean => {
    const start = new Date(2026, 5, 1, hours, minutes).getTime();
    watch.update({ saturation: undefined, brightness: 100, atMs: start });
    return watch.update({ saturation: undefined, brightness: 100, atMs: start + 5000 });
  };
  t.false(at(21, 59));
  t.true(at(22, 0));
  t.true(at(23, 59));
  t.true(at(0, 0));
  t.true(at(5, 29));
  t.false(at(5, 30));
  t.false(at(12, 0));
});

test('other settings keep the night as it is, another way to detect it starts over', (t) => {
  const settings = (night: object): Parameters<NightWatch['apply']>[0] =>
    cameraSchema.parse({ source: 'test:testsrc2', night }).night;
  const watch = watchFor({ show: 'gray' });
  const night = [...seconds(20, { saturation: 20 }), ...seconds(10, { saturation: 0 })];
  t.deepEqual(changes(watch, night), [24]);
  watch.apply(settings({ show: 'background', from: '21:00' }));
  t.true(watch.isNight);
  t.deepEqual(changes(watch, seconds(60, { saturation: 0 })), []);
  watch.apply(settings({ detect: 'darkness' }));
  t.false(watch.isNight);
  t.deepEqual(changes(watch, seconds(10, { brightness: 10 })), [4]);
});

test('a night that is switched off stays off', (t) => {
  t.deepEqual(
    changes(watchFor({ detect: 'off' }), [
      ...seconds(20, { saturation: 20 }),
      ...seconds(20, { saturation: 0, brightness: 1 }),
    ]),
    [],
  );
});
