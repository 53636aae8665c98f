import test from 'ava';
import { viewWeightFrom } from '../../../src/cli/options/option-values.ts';
import { viewsOf } from '../../../src/train/run/view-weights.ts';

test('the first pattern that matches says how often a sample is varied', (t) => {
  const views = viewsOf(2, ['street/**=3', '*.png=2', '*_0*=5'].map(viewWeightFrom));
  t.is(views('street/a/b.jpg'), 6);
  t.is(views('pets_01.png'), 4);
  t.is(views('pets_01.jpg'), 10);
  t.is(views('film.mp4#12.5'), 2);
  t.is(viewsOf(3, [])('street/a.jpg'), 3);
});

test('a pattern without a number, or with an invalid one, is refused', (t) => {
  for (const text of ['street', 'street=', '=3', 'street=0', 'street=1.5', 'street=100'])
    t.throws(() => viewWeightFrom(text), { message: /Expected a glob, "="/ }, text);
});
