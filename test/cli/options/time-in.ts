import test from 'ava';
import { timeIn } from '../../../src/cli/options/option-values.ts';

test('times are seconds, or hours, minutes and seconds', (t) => {
  const parse = timeIn(0, 1e9);
  t.deepEqual(
    ['75.5', '1:15.5', '0:01:15.5', '1:02:03', '90:00:00', '0'].map(parse),
    [75.5, 75.5, 75.5, 3723, 324_000, 0],
  );
  for (const text of ['', 'x', '1:75', '1:2:3:4', '-5', '1e3', '5s'])
    t.throws(() => parse(text), undefined, text);
  t.throws(() => timeIn(0.001, 10)('0:00'));
});
