import test from 'ava';
import { FilmStats } from '../../../src/stream/film/film-stats.ts';

test("a film's statistics contain its own seconds, not those of earlier films in the same threads", (t) => {
  const pixels = { seconds: { shrink: 0, spread: 0, motion: 0, compose: 0, live: 0 } };
  const told: string[] = [];
  const reporter = { warn: (text: string) => told.push(text) };
  const first = new FilmStats({ pixels, reporter });
  pixels.seconds.motion += 3;
  first.networkMs += 500;
  const second = new FilmStats({ pixels, reporter });
  pixels.seconds.motion += 2;
  pixels.seconds.compose += 1;
  second.writeMs += 250;
  t.deepEqual(second.stageS, { shrink: 0, motion: 2, compose: 1, network: 0, write: 0.25 });
  t.is(first.stageS.network, 0.5);
  second.warn('a word');
  t.deepEqual([told, second.warnings, first.warnings], [['a word'], ['a word'], []]);
});
