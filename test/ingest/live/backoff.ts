import test from 'ava';
import { Backoff, cameraBackoff } from '../../../src/ingest/live/backoff.ts';

test('pauses are 1, 2, 3, 3 s while an outage is short, then double up to 30 s for ever', (t) => {
  t.deepEqual(
    pauses(() => 0.5, 12),
    [1, 2, 3, 3, 3, 4, 8, 16, 30, 30, 30, 30],
  );
});

test('chance shortens or lengthens each pause by a fifth at most', (t) => {
  t.deepEqual(
    pauses(() => 0, 2),
    [0.8, 1.6],
  );
  t.deepEqual(
    pauses(() => 1, 2),
    [1.2, 2.4],
  );
});

test('a camera that returns within 10 s is tried again within 3.6 s, whatever chance says', (t) => {
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const delays = pauses(() => share, 12);
    let atS = 0;
    for (const delay of delays) {
      if (atS < 10) t.true(delay <= 3.600_001, `${delay} s at ${atS} s`);
      atS += delay;
    }
  }
});

test('30 s of health begin the row anew, less does not', (t) => {
  const backoff = new Backoff({ ...cameraBackoff, random: () => 0.5 });
  for (let i = 0; i < 12; i++) backoff.nextMs(i * 60_000);
  backoff.lived(29_000);
  t.is(backoff.nextMs(1e6), 30_000);
  backoff.lived(30_000);
  t.is(backoff.nextMs(2e6), 1000);
});

/** Pauses of one outage in which every attempt fails at once, seconds. */
function pauses(random: () => number, count: number): number[] {
  const backoff = new Backoff({ ...cameraBackoff, random: random });
  let nowMs = 7e6;
  return Array.from({ length: count }, () => {
    const delayMs = backoff.nextMs(nowMs);
    nowMs += delayMs;
    return Math.round(delayMs) / 1000;
  });
}
