import test from 'ava';
import { StallTimer } from '../../../src/ingest/live/stall-timer.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

test('a stall without a first frame takes 15 s', async (t) => {
  const { clock, stalls } = start();
  await clock.pass(14_999);
  t.deepEqual(stalls, []);
  await clock.pass(60_000);
  t.deepEqual(stalls, [15_000]);
});

test('a source that has answered has 60 s for its first picture, because keyframes may be 30 s apart', async (t) => {
  const { clock, timer, stalls } = start();
  await clock.pass(10_000);
  timer.opened();
  await clock.pass(59_000);
  t.deepEqual(stalls, []);
  await clock.pass(60_000);
  t.deepEqual(stalls, [70_000]);
});

test('a fast camera stalls after 5 s', async (t) => {
  const { clock, timer, stalls } = start();
  await run(clock, timer, 40, 10_000);
  await clock.pass(60_000);
  t.deepEqual(stalls, [15_000]);
});

test('a camera of one frame a second stalls after 20 s', async (t) => {
  const { clock, timer, stalls } = start();
  await run(clock, timer, 1000, 30_000);
  await clock.pass(60_000);
  t.is(stalls.length, 1);
  t.true(Math.abs(stalls[0]! - 50_000) < 1, `${stalls[0]}`);
});

test('a camera with one frame in 5 s does not stall between its first and second frame', async (t) => {
  const { clock, timer, stalls } = start();
  await run(clock, timer, 5000, 60_000);
  t.deepEqual(stalls, []);
});

test("the config's limit applies from the first frame on, and a long one also to the connection", async (t) => {
  const short = start(1000);
  await run(short.clock, short.timer, 500, 500);
  await short.clock.pass(5000);
  t.deepEqual(short.stalls, [1500]);
  const long = start(60_000);
  await long.clock.pass(100_000);
  t.deepEqual(long.stalls, [60_000]);
});

test('disposal ends it', async (t) => {
  const { clock, timer, stalls } = start();
  timer[Symbol.dispose]();
  await clock.pass(100_000);
  t.deepEqual(stalls, []);
});

function start(fixedMs?: number): { clock: VirtualClock; timer: StallTimer; stalls: number[] } {
  const clock = new VirtualClock();
  const stalls: number[] = [];
  return { clock, stalls, timer: new StallTimer(clock, fixedMs, () => stalls.push(clock.nowMs())) };
}

/** Frames at a regular pace, the last one at the end. */
async function run(
  clock: VirtualClock,
  timer: StallTimer,
  intervalMs: number,
  totalMs: number,
): Promise<void> {
  for (let atMs = 0; atMs < totalMs; atMs += intervalMs) {
    await clock.pass(intervalMs);
    timer.frame();
  }
}
