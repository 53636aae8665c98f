import test from 'ava';
import { createClockOffset } from '../../../src/stream/dashboard/logic/clock-offset.ts';
import { planPlayback } from '../../../src/stream/dashboard/logic/playback-plan.ts';
import { createRateMeter } from '../../../src/stream/dashboard/logic/rate-meter.ts';
import { parseServerMessage } from '../../../src/stream/dashboard/logic/server-message.ts';
import { chooseMode, stepHeight, requestFor } from '../../../src/stream/dashboard/logic/stream-choice.ts';

test('the clocks are unknown before the first answer', (t) => {
  t.is(createClockOffset().offsetMs, undefined);
});

test('the quickest answer determines the offset', (t) => {
  const clock = createClockOffset();
  clock.add(1000, 6500, 1800); // 100 ms out, 700 ms back: wrong by 300
  clock.add(2000, 7010, 2020);
  clock.add(3000, 7700, 3400);
  t.is(clock.offsetMs, 5000);
});

test('an answer from before its question is ignored', (t) => {
  const clock = createClockOffset();
  clock.add(2000, 5000, 1000);
  t.is(clock.offsetMs, undefined);
});

test('only the last eight answers count, so that the offset follows a drifting clock', (t) => {
  const clock = createClockOffset();
  clock.add(0, 100, 2);
  for (let i = 1; i <= 8; i++) clock.add(i * 1000, i * 1000 + 405, i * 1000 + 10);
  t.is(clock.offsetMs, 400);
});

test('auto uses JPEG for up to four tiles, and video for more or with low bandwidth', (t) => {
  const choice = { setting: 'auto', tiles: 4, isLowBandwidth: false, hasVideo: true } as const;
  t.is(chooseMode(choice), 'jpeg');
  t.is(chooseMode({ ...choice, tiles: 5 }), 'fmp4');
  t.is(chooseMode({ ...choice, isLowBandwidth: true }), 'fmp4');
  t.is(chooseMode({ ...choice, tiles: 5, hasVideo: false }), 'jpeg');
});

test('a chosen mode is kept, unless the browser cannot play video', (t) => {
  const choice = { setting: 'video', tiles: 1, isLowBandwidth: false, hasVideo: true } as const;
  t.is(chooseMode(choice), 'fmp4');
  t.is(chooseMode({ ...choice, hasVideo: false }), 'jpeg');
  t.is(chooseMode({ ...choice, setting: 'jpeg', tiles: 9, isLowBandwidth: true }), 'jpeg');
});

test('the requested height is the smallest step that fills the tile', (t) => {
  t.deepEqual([0, 180, 181, 500, 720, 721, 4000].map(stepHeight), [180, 180, 360, 540, 720, 1080, 1080]);
});

test('low bandwidth requests small pictures, and two per second as JPEG', (t) => {
  const options = { heightPx: 900, isLowBandwidth: true } as const;
  t.deepEqual(requestFor('a', { ...options, mode: 'jpeg' }), {
    camera: 'a',
    mode: 'jpeg',
    heightPx: 360,
    fps: 2,
  });
  t.deepEqual(requestFor('a', { ...options, mode: 'fmp4' }), { camera: 'a', mode: 'fmp4', heightPx: 360 });
});

test('playback starts at the newest picture, wherever the stream starts', (t) => {
  const plan = planPlayback(0, [{ startS: 5000, endS: 5000.04 }], 0.04);
  t.is(plan.seekS, 5000);
});

test('playback that keeps up is left alone', (t) => {
  t.deepEqual(planPlayback(9.85, [{ startS: 8, endS: 10 }], 0.04), {
    seekS: undefined,
    rate: 1,
    forgetBeforeS: undefined,
  });
});

test('a small lag is caught up by playing at most a quarter faster', (t) => {
  const { rate, seekS } = planPlayback(9, [{ startS: 0, endS: 10 }], 0.04);
  t.is(seekS, undefined);
  t.true(rate > 1.2 && rate <= 1.25);
});

test('a large lag is jumped over', (t) => {
  t.is(planPlayback(4, [{ startS: 0, endS: 10 }], 0.04).seekS, 10 - 0.12);
});

test('slow streams stay two frame times behind', (t) => {
  t.is(planPlayback(9.2, [{ startS: 8, endS: 10 }], 0.4).rate, 1);
  t.is(planPlayback(0, [{ startS: 8, endS: 10 }], 0.4).seekS, 10 - 0.8);
});

test('a gap in the stream is skipped', (t) => {
  const spans = [
    { startS: 0, endS: 5 },
    { startS: 7, endS: 7.04 },
  ];
  t.is(planPlayback(4.99, spans, 0.04).seekS, 7);
});

test('played video is removed in pieces of four seconds, and four are kept', (t) => {
  t.is(planPlayback(7.9, [{ startS: 0, endS: 8 }], 0.04).forgetBeforeS, undefined);
  t.is(planPlayback(10, [{ startS: 0, endS: 10.1 }], 0.04).forgetBeforeS, 6);
});

test('rates are those of the last three seconds', (t) => {
  const meter = createRateMeter();
  for (let i = 0; i < 100; i++) meter.add(i * 100, 1000);
  t.deepEqual(meter.read(9900), { fps: 10, bitsPerS: 80_000 });
  t.deepEqual(meter.read(20_000), { fps: 0, bitsPerS: 0 });
});

test('messages of unknown type are ignored', (t) => {
  t.deepEqual(parseServerMessage('{"type":"time","id":1,"serverMs":2}'), {
    type: 'time',
    id: 1,
    serverMs: 2,
  });
  for (const text of ['', 'null', '7', '{"type":"news"}', '{']) t.is(parseServerMessage(text), undefined);
});
