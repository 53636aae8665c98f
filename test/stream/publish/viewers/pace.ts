import test from 'ava';
import { TokenBucket } from '../../../../src/ingest/live/token-bucket.ts';
import { servedHeight, videoHeight } from '../../../../src/stream/publish/viewers/heights.ts';
import { Pace } from '../../../../src/stream/publish/viewers/pace.ts';
import { Rotation } from '../../../../src/stream/publish/viewers/rotation.ts';

const admitted = test.macro({
  exec: (t, fpsIn: number, fpsRequested: number | undefined, count: number) => {
    const pace = new Pace(fpsRequested);
    const times = Array.from({ length: fpsIn * 10 }, (_, i) => 5000 + (i * 1000) / fpsIn);
    t.is(times.filter((timeMs) => pace.admits(timeMs)).length, count);
  },
  title: (_, fpsIn: number, fps: number | undefined, count: number) =>
    `of 10 s at ${fpsIn} fps a request for ${fps ?? 'all'} admits ${count}`,
});
test(admitted, 25, undefined, 250);
test(admitted, 25, 25, 250);
test(admitted, 25, 10, 100);
test(admitted, 25, 1, 10);
test(admitted, 30, 7, 70);
test(admitted, 10, 60, 100);

test('after a gap no burst follows', (t) => {
  const pace = new Pace(10);
  t.true(pace.admits(0));
  t.true(pace.admits(10_000));
  t.deepEqual(
    [10_040, 10_080, 10_120].map((timeMs) => pace.admits(timeMs)),
    [false, false, true],
  );
});

test('few different heights are made, and none is higher than requested or allowed', (t) => {
  const made = new Set<number>();
  for (let requestedPx = 90; requestedPx <= 1080; requestedPx++) {
    const heightPx = servedHeight(requestedPx, 1080);
    t.true(heightPx <= requestedPx && heightPx > requestedPx * 0.74, `${requestedPx} gave ${heightPx}`);
    made.add(heightPx);
  }
  t.is(servedHeight(4000, 1080), 1080);
  t.true(made.size <= 15);
  t.is(servedHeight(undefined, 700), 700);
  t.is(servedHeight(16, 1080), 90);
});

test('video is encoded in the smallest of three heights that fills the request', (t) => {
  const heights = [90, 360, 361, 720, 900, 8640].map((px) => videoHeight(px, 1080));
  t.deepEqual(heights, [360, 360, 720, 720, 1080, 1080]);
  t.is(videoHeight(720, 540), 540);
});

test('messages may arrive at their rate, with a burst of twice as many', (t) => {
  let nowMs = 0;
  const limit = new TokenBucket(20, 40);
  const taken = (): number => Array.from({ length: 100 }, () => limit.take(nowMs)).filter(Boolean).length;
  t.is(taken(), 40);
  nowMs += 1000;
  t.is(taken(), 20);
  nowMs += 60_000;
  t.is(taken(), 40);
});

test('cameras take turns, and one that found no room comes first next time', (t) => {
  const said: string[] = [];
  let room = 0;
  const turn = (name: string, waiting: number) => ({
    flush: (): 'sent' | 'nothing' | 'blocked' => {
      if (waiting === 0) return 'nothing';
      if (room === 0) return 'blocked';
      said.push(name);
      room--;
      waiting--;
      return 'sent';
    },
  });
  const rotation = new Rotation();
  rotation.set([turn('a', 5), turn('b', 2), turn('c', 1)]);
  for (room = 2; said.length < 8; room = 2) rotation.run();
  t.is(said.join(''), 'abcabaaa');
});
