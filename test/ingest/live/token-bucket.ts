import test from 'ava';
import { TokenBucket } from '../../../src/ingest/live/token-bucket.ts';

test('a source of 25 frames a second under a cap of 10 gives 10 a second, evenly', (t) => {
  const passed = passTimes(new TokenBucket(10, 2), 25, 10).slice(1); // it starts with a burst of two
  t.true(Math.abs(passed.length - 100) <= 1, `${passed.length}`);
  const gaps = passed.slice(1).map((at, i) => at - passed[i]!);
  t.true(Math.min(...gaps) >= 79 && Math.max(...gaps) <= 121, `${Math.min(...gaps)}..${Math.max(...gaps)}`);
});

test('a source at its cap loses nothing even if its frames come in bursts', (t) => {
  const bucket = new TokenBucket(20, 10);
  for (let burst = 0; burst < 50; burst++)
    for (let i = 0; i < 8; i++) t.true(bucket.take(burst * 400 + i), `burst ${burst}`);
});

test('after a rest no more than a burst passes at once', (t) => {
  const bucket = new TokenBucket(10, 5);
  bucket.take(0);
  t.is(Array.from({ length: 20 }, () => bucket.take(60_000)).filter(Boolean).length, 5);
});

test('a burst below one still lets a frame pass', (t) => {
  const bucket = new TokenBucket(0.2, 0.1);
  t.true(bucket.take(0));
  t.false(bucket.take(4999));
  t.true(bucket.take(5001));
});

function passTimes(bucket: TokenBucket, fps: number, seconds: number): number[] {
  const times = Array.from({ length: fps * seconds }, (_, i) => (i * 1000) / fps);
  return times.filter((atMs) => bucket.take(atMs));
}
