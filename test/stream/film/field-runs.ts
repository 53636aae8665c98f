import test from 'ava';
import type { FieldOrder } from '../../../src/frame.ts';
import { FieldRuns, leastProgressive } from '../../../src/stream/film/field-runs.ts';

const orders: Readonly<Record<string, FieldOrder>> = {
  P: 'progressive',
  T: 'top-first',
  B: 'bottom-first',
};

/** Decides about frames as the pipeline does: as late as it must. */
function decided(marks: string, from = 0): string {
  const runs = new FieldRuns();
  let text = '';
  for (let seen = 0, asked = from; asked < marks.length; asked++) {
    for (; seen < marks.length && seen < asked + leastProgressive; seen++)
      runs.see(seen, orders[marks[seen] ?? ''] ?? 'progressive');
    text += runs.decide(asked)[0]?.toUpperCase() ?? '';
  }
  return text;
}

const long = 'P'.repeat(leastProgressive);

test('each frame has the field order of its mark if the marks do not change too often', (t) => {
  t.is(decided(`PPPTTT${long}BBB`), `PPPTTT${long}BBB`);
  t.is(decided(`TTT${long}PPP`), `TTT${long}PPP`);
});

test('few progressive frames between interlaced ones count as interlaced', (t) => {
  t.is(decided('TTTPPTTTPPTTT'), 'T'.repeat(13));
  t.is(decided(`T${long.slice(1)}B`), `${'T'.repeat(leastProgressive)}B`);
  t.is(decided('TTTPP'), 'TTTTT');
});

test('a film that resumes makes the same decisions as a film that never stopped', (t) => {
  const film = `PPTTPP${long}PTPPT${long}`;
  const whole = decided(film);
  const context = leastProgressive - 1;
  for (let at = context; at < film.length; at++)
    t.is(decided(film.slice(at - context), context), whole.slice(at), `from frame ${at}`);
});
