import test from 'ava';
import { from, lastValueFrom, toArray } from 'rxjs';
import type { Scene, SceneFrame, SceneStart } from '../../../src/stream/film/film-frame.ts';
import { markEnds, SegmentEnds } from '../../../src/stream/film/segment-ends.ts';

const limits = { longest: 16, shortest: 4 };
const batchFrames = 4;

/** The frames of a film whose scenes start at these frames. */
function film(length: number, starts: Readonly<Record<number, SceneStart>>): SceneFrame[] {
  let start: SceneStart = 'first';
  return Array.from({ length }, (_, index) => {
    const own = index === 0 ? 'first' : starts[index];
    start = own ?? start;
    return { index, isSceneStart: own !== undefined, scene: { start } as Scene } as SceneFrame;
  });
}

/** The first frames of the segments and of the batches after the first ones. */
async function endsOf(
  frames: readonly SceneFrame[],
  ends = new SegmentEnds(limits, batchFrames, frames[0]?.index),
): Promise<{ segments: number[]; batches: number[] }> {
  const marked = await lastValueFrom(from(frames).pipe(markEnds(ends), toArray()));
  const after = (key: 'endsSegment' | 'endsBatch'): number[] =>
    marked.slice(0, -1).flatMap((frame) => (frame[key] ? [frame.index + 1] : []));
  return { segments: after('endsSegment'), batches: after('endsBatch') };
}

test('segments end at cuts and fades that are far enough apart, and every 16 frames after them', async (t) => {
  const { segments } = await endsOf(film(60, { 6: 'cut', 9: 'cut', 20: 'gradual', 30: 'color', 48: 'fade' }));
  t.deepEqual(segments, [6, 25, 41, 48]);
});

test('batches never span a hard cut or two segments', async (t) => {
  const { batches } = await endsOf(film(24, { 6: 'cut', 9: 'cut', 14: 'color' }));
  t.deepEqual(batches, [4, 6, 9, 13, 14, 18, 22]);
});

test('a run that starts at any segment ends segments and batches as the whole film does', async (t) => {
  const frames = film(400, {
    6: 'cut',
    9: 'cut',
    21: 'fade',
    60: 'cut',
    100: 'gradual',
    211: 'cut',
    213: 'cut',
  });
  const whole = await endsOf(frames);
  t.true(whole.segments.length > 15);
  for (const start of whole.segments) {
    const part = await endsOf(frames.slice(start));
    t.deepEqual(
      part.segments,
      whole.segments.filter((index) => index > start),
      `from ${start}`,
    );
    t.deepEqual(
      part.batches,
      whole.batches.filter((index) => index > start),
      `from ${start}`,
    );
  }
});

test('without a shortest length, cuts end nothing, as in earlier versions', async (t) => {
  const frames = film(40, { 6: 'cut', 30: 'fade' });
  const { segments, batches } = await endsOf(
    frames,
    new SegmentEnds({ longest: 16, shortest: undefined }, batchFrames),
  );
  t.deepEqual(segments, [16, 32]);
  t.deepEqual(batches, [4, 8, 12, 16, 20, 24, 28, 32, 36]);
});

test('the frames before the end of a segment are known as soon as the end is', async (t) => {
  const ends = new SegmentEnds(limits, batchFrames);
  await endsOf(film(30, { 6: 'cut' }), ends);
  t.deepEqual(
    [0, 2, 3, 5, 6, 14, 15, 21, 22].map((index) => ends.endsWithin(index, 7)),
    [true, true, true, true, false, false, true, true, false],
  );
});
