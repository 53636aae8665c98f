import test from 'ava';
import { Backoff, cameraBackoff, viewerBackoff } from '../../../src/ingest/live/backoff.ts';

test('waits are at most 3 s while an outage is short, then double up to 30 s', (t) => {
  t.deepEqual(
    pauses(() => 0.5, 12),
    [1, 2, 3, 3, 3, 4, 8, 16, 30, 30, 30, 30],
  );
});

test('each wait varies by at most a fifth', (t) => {
  t.deepEqual(
    pauses(() => 0, 2),
    [0.8, 1.6],
  );
  t.deepEqual(
    pauses(() => 1, 2),
    [1.2, 2.4],
  );
});

test('a camera that returns within 10 s gets its next attempt within 3.6 s', (t) => {
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const delays = pauses(() => share, 12);
    let atS = 0;
    for (const delay of delays) {
      if (atS < 10) t.true(delay <= 3.600_001, `${delay} s at ${atS} s`);
      atS += delay;
    }
  }
});

test('waits start from the shortest again after 30 s of health, and not before', (t) => {
  const backoff = new Backoff({ ...cameraBackoff, random: () => 0.5 });
  for (let i = 0; i < 12; i++) backoff.nextMs(i * 60_000);
  backoff.lived(29_000);
  t.is(backoff.nextMs(1e6), 30_000);
  backoff.lived(30_000);
  t.is(backoff.nextMs(2e6), 1000);
});

/** The pauses of one outage in which every attempt fails immediately, seconds. */
function pauses(random: () => number, count: number): number[] {
  const backoff = new Backoff({ ...cameraBackoff, random: random });
  let nowMs = 7e6;
  return Array.from({ length: count }, () => {
    const delayMs = backoff.nextMs(nowMs);
    nowMs += delayMs;
    return Math.round(delayMs) / 1000;
  });
}

test('the dashboard waits half a second at first and 15 s at most, and randomness shortens a wait by at most half', (t) => {
  const waits = (share: number): number[] => {
    const backoff = new Backoff({ ...viewerBackoff, random: () => share });
    return Array.from({ length: 7 }, (_, i) => Math.round(backoff.nextMs(i * 60_000)));
  };
  t.deepEqual(waits(1), [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  t.deepEqual(waits(0), [250, 500, 1000, 2000, 4000, 7500, 7500]);
});
