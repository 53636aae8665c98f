import test from 'ava';
import { blockFramesOf } from '../src/film-job.ts';
import type { FrameLayout } from '../src/stream/pixels/compose.ts';

test('the steady step holds fewer frames the larger they are, and always one', (t) => {
  const of = (widthPx: number, heightPx: number, bitDepth: FrameLayout['bitDepth']): number =>
    blockFramesOf({ widthPx, heightPx, bitDepth, range: 'limited', chroma: '420', interlaced: false });
  t.is(of(640, 480, 8), 16);
  t.is(of(1920, 1080, 8), 16);
  t.is(of(1920, 1080, 10), 10);
  t.is(of(3840, 2160, 8), 5);
  t.is(of(16384, 8192, 10), 1);
});
