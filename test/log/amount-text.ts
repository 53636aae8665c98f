import test from 'ava';
import { durationText, roughDurationText, sizeText } from '../../src/log/amount-text.ts';

test('a duration is minutes and seconds, with hours from an hour on, and ? when it is not known', (t) => {
  const texts = [0, 5, 65, 3599.2, 7390, undefined, Infinity].map(durationText);
  t.deepEqual(texts, ['0:00', '0:05', '1:05', '1:00:00', '2:03:10', '?', '?']);
});

test('sizes are in MB or GB, with a decimal where it matters', (t) => {
  const texts = [13_650_000, 512_400_000, 960_000_000, 22_500_000_000].map(sizeText);
  t.deepEqual(texts, ['13.7 MB', '512 MB', '1.0 GB', '22.5 GB']);
});

test('an estimate is rounded up to minutes', (t) => {
  t.deepEqual([30, 61, 7500].map(roughDurationText), ['1 minute', '2 minutes', '2 h 5 min']);
});
