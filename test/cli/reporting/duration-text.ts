import test from 'ava';
import { durationText } from '../../../src/cli/reporting/duration-text.ts';

test('a duration is minutes and seconds, with hours from an hour on, and ? when it is not known', (t) => {
  const texts = [0, 5, 65, 3599.2, 7390, undefined, Infinity].map(durationText);
  t.deepEqual(texts, ['0:00', '0:05', '1:05', '1:00:00', '2:03:10', '?', '?']);
});
