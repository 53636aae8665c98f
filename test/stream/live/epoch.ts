import test from 'ava';
import { epochMs, wallTimeOf } from '../../../src/stream/live/epoch.ts';
import { toldState } from '../../../src/stream/live/told-state.ts';

/** Sets the machine's clock forward for the program, until the test has ended. */
function setClock(t: { teardown: (fn: () => void) => void }, byMs: number): void {
  const now = Date.now.bind(Date);
  Date.now = () => now() + byMs;
  t.teardown(() => {
    Date.now = now;
  });
}

test.serial('times stay the same while nobody sets the clock', (t) => {
  const moment = epochMs();
  t.is(wallTimeOf(moment), moment);
});

test.serial(
  'after somebody sets the clock, earlier moments follow the new clock, and durations stay the same',
  (t) => {
    const moment = epochMs();
    setClock(t, -3_600_000);
    t.true(Math.abs(wallTimeOf(moment) - (moment - 3_600_000)) < 200);
    t.true(epochMs() >= moment);
    const told = toldState({
      kind: 'offline',
      sinceMs: moment,
      retryMs: moment + 5000,
      attempt: 1,
      reason: 'gone',
    });
    t.true(Math.abs(told.sinceMs - (Date.now() - (epochMs() - moment))) < 10);
    t.true(told.kind === 'offline' && Math.abs(told.retryMs - told.sinceMs - 5000) < 5);
  },
);
