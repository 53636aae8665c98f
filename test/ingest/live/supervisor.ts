import test from 'ava';
import type { CameraState } from '../../../src/ingest/live/camera-status.ts';
import { wait } from '../../../src/ingest/live/clock.ts';
import type { ConnectionEnd } from '../../../src/ingest/live/connection.ts';
import { Supervisor, type ConnectionHooks } from '../../../src/ingest/live/supervisor.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

/** A connection: the seconds until its first frame, if it has one, and the seconds that it lives after it. */
interface Script {
  readonly firstS?: number;
  readonly livesS?: number;
  readonly failsS?: number;
  readonly resized?: boolean;
  readonly stalledS?: number;
  /** The connection ends because the camera refuses the user. */
  readonly refused?: boolean;
}

test('a camera that never answers goes from connecting to reconnecting to offline, and attempts never end', async (t) => {
  const { clock, states, connections } = start([{ failsS: 0 }]);
  await clock.pass(24 * 3_600_000);
  t.deepEqual(kinds(states).slice(0, 3), ['connecting', 'reconnecting', 'reconnecting']);
  t.true(connections.length > 24 * 120, `${connections.length} attempts in a day`);
  const last = states.at(-1);
  t.like(last, { kind: 'offline', sinceMs: 0, reason: 'refused' });
  t.true(last?.kind === 'offline' && last.attempt >= connections.length - 1);
});

test('a camera is offline 30 s after the loss, even while an attempt hangs', async (t) => {
  const { clock, states } = start([{ firstS: 1, livesS: 60 }, { failsS: 15 }]);
  await clock.pass(90_990);
  t.is(states.at(-1)?.kind, 'reconnecting');
  await clock.pass(20);
  t.like(states.at(-1), { kind: 'offline', sinceMs: 61_000, attempt: 2 });
});

test('the first attempt after a healthy connection comes after 1 s, and its state says what, since when and until when', async (t) => {
  const { clock, states, connections } = start([
    { firstS: 1, livesS: 30 },
    { firstS: 1, livesS: 1e9 },
  ]);
  await clock.pass(40_000);
  t.deepEqual(connections, [0, 32_000]);
  t.deepEqual(states, [
    { kind: 'connecting', sinceMs: 0 },
    { kind: 'live', sinceMs: 1000 },
    { kind: 'reconnecting', sinceMs: 31_000, retryMs: 32_000, attempt: 1, reason: 'refused' },
    { kind: 'live', sinceMs: 33_000 },
  ]);
});

test('a camera that is lost repeatedly after some seconds gets fewer and fewer attempts', async (t) => {
  const { clock, connections } = start([{ firstS: 0.1, livesS: 5 }]);
  await clock.pass(600_000);
  const gaps = connections.slice(1).map((at, i) => (at - connections[i]!) / 1000);
  const tenths = gaps.slice(0, 7).map((gap) => Math.round(gap * 10) / 10);
  t.deepEqual(tenths, [6.1, 7.1, 9.1, 13.1, 21.1, 35.1, 35.1]);
});

test('a stall is reported before the loss, with the time of the last frame', async (t) => {
  const { clock, states } = start([{ firstS: 1, livesS: 10, stalledS: 5 }, { failsS: 1e9 }]);
  await clock.pass(20_000);
  t.deepEqual(kinds(states), ['connecting', 'live', 'stalled', 'reconnecting']);
  t.like(states[2], { sinceMs: 11_000, lastFrameMs: 6000 });
});

test('a change of size reconnects at once; a second one within 10 s after a pause', async (t) => {
  const { clock, states, connections, reconnects } = start([{ firstS: 1, livesS: 2, resized: true }]);
  await clock.pass(6500);
  t.deepEqual(connections, [0, 3000]);
  t.deepEqual(kinds(states), ['connecting', 'live', 'connecting', 'live', 'reconnecting']);
  await clock.pass(1000);
  t.deepEqual(connections, [0, 3000, 7000]);
  t.is(reconnects(), 2);
});

test('it ends at once in the middle of a pause, and starts no other connection', async (t) => {
  const { clock, connections, stop, done } = start([{ failsS: 0 }]);
  await clock.pass(500);
  stop();
  await done;
  await clock.pass(100_000);
  t.deepEqual(connections, [0]);
});

test('a camera that refuses the password is asked again after minutes, and never called offline', async (t) => {
  const { clock, states, connections } = start([{ failsS: 1, refused: true }]);
  await clock.pass(3_600_000);
  t.deepEqual([...new Set(kinds(states))], ['connecting', 'refused']);
  t.true(connections.length >= 9 && connections.length <= 12, `${connections.length} attempts in an hour`);
  t.like(states[1], { kind: 'refused', sinceMs: 0, attempt: 1, reason: 'refused' });
});

test('a camera that took the password before is asked once after half a minute, then after minutes', async (t) => {
  const { clock, connections } = start([
    { firstS: 1, livesS: 60 },
    { failsS: 0, refused: true },
  ]);
  await clock.pass(62_000 + 600_000);
  const refused = connections.slice(1);
  t.true(refused[1]! - refused[0]! >= 30_000 && refused[1]! - refused[0]! <= 36_000, refused.join(' '));
  t.true(refused[2]! - refused[1]! >= 300_000, refused.join(' '));
});

function kinds(states: readonly CameraState[]): string[] {
  return states.map(({ kind }) => kind);
}

/** Runs a supervisor on connections that follow scripts. The last script is repeated. */
function start(scripts: readonly Script[]): {
  clock: VirtualClock;
  states: CameraState[];
  connections: number[];
  reconnects: () => number;
  stop: () => void;
  done: Promise<void>;
} {
  const clock = new VirtualClock();
  const states: CameraState[] = [];
  const connections: number[] = [];
  const abort = new AbortController();
  let reconnects = 0;
  const connect = async (hooks: ConnectionHooks): Promise<ConnectionEnd> => {
    const script = scripts[Math.min(connections.length, scripts.length - 1)]!;
    connections.push(clock.nowMs());
    return play(script, clock, hooks);
  };
  const supervisor = new Supervisor({
    connect,
    clock,
    signal: abort.signal,
    onState: (state) => states.push(state),
    onReconnect: () => reconnects++,
  });
  const done = supervisor.run();
  return { clock, states, connections, reconnects: () => reconnects, stop: () => abort.abort(), done };
}

async function play(script: Script, clock: VirtualClock, hooks: ConnectionHooks): Promise<ConnectionEnd> {
  const { firstS, livesS = 0, failsS = 0, resized = false, stalledS, refused = false } = script;
  if (firstS === undefined) {
    await wait(clock, failsS * 1000, hooks.signal);
    return { kind: refused ? 'refused' : 'lost', reason: 'refused', lastFrameMs: undefined };
  }
  await wait(clock, firstS * 1000, hooks.signal);
  hooks.onLive();
  await wait(clock, livesS * 1000, hooks.signal);
  const lastFrameMs = clock.nowMs() - (stalledS ?? 0) * 1000;
  if (stalledS !== undefined) hooks.onStalled(lastFrameMs);
  return { kind: resized ? 'resized' : 'lost', reason: 'refused', lastFrameMs };
}
