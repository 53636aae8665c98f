import test from 'ava';
import { Fmp4Splitter, type Fmp4Fragment } from '../../../../src/stream/publish/video/fmp4-splitter.ts';
import { boxes, mimeTypeOf, readFragment } from '../../../../src/stream/publish/video/mp4-boxes.ts';
import { runFfmpeg } from '../../../helpers/run-ffmpeg.ts';
import { seededBytes, seededRandom } from '../../../helpers/seeded.ts';

/** Twelve pictures at 25 per second, every fifth a keyframe. */
const made = runFfmpeg([
  ...['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25', '-frames:v', '12'],
  ...['-c:v', 'libx264', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-g', '5', '-bf', '0'],
  ...['-movflags', '+empty_moov+default_base_moof+frag_every_frame', '-video_track_timescale', '90000'],
  ...['-f', 'mp4', '-'],
]).then(({ stdout }) => stdout);

test('an fMP4 is split into a header and one fragment per picture, with time and keyframe flag', async (t) => {
  const film = await made;
  const fragments = new Fmp4Splitter().push(film);
  t.deepEqual(
    fragments.map(({ ticks, isKeyframe }) => ({ ticks, isKeyframe })),
    Array.from({ length: 12 }, (_, i) => ({ ticks: i * 3600, isKeyframe: i % 5 === 0 })),
  );
  const [first] = fragments;
  t.regex(first?.init.mimeType ?? '', /^video\/mp4; codecs="avc1\.42C0[0-9A-F]{2}"$/);
  const again = Buffer.concat([first?.init.data ?? Buffer.alloc(0), ...fragments.map(({ data }) => data)]);
  t.deepEqual(again, film.subarray(0, again.length));
  const [trailer] = boxes(film.subarray(again.length));
  t.is(trailer?.type, 'mfra');
});

test('input in pieces of any size gives the same fragments', async (t) => {
  const film = await made;
  const expected = new Fmp4Splitter().push(film);
  const random = seededRandom(7);
  for (let round = 0; round < 20; round++) {
    const splitter = new Fmp4Splitter();
    const fragments: Fmp4Fragment[] = [];
    for (let at = 0; at < film.length;) {
      const end = at + 1 + Math.floor(random() ** 3 * 2000);
      fragments.push(...splitter.push(film.subarray(at, end)));
      at = end;
    }
    t.deepEqual(
      fragments.map(({ data }) => Buffer.from(data)),
      expected.map(({ data }) => Buffer.from(data)),
    );
  }
});

test('a box with an impossible size is an FFMPEG_FAILED error', (t) => {
  const box = Buffer.from('\0\0\0\x07moof');
  t.throws(() => new Fmp4Splitter().push(box), { code: 'FFMPEG_FAILED', message: /"moof".*one of 7/ });
  t.throws(() => new Fmp4Splitter().push(Buffer.from('\xff\0\0\0mdat', 'latin1')), { code: 'FFMPEG_FAILED' });
});

test('a header without an H.264 track is an FFMPEG_FAILED error', (t) => {
  const moov = Buffer.from('\0\0\0\x08moov');
  t.throws(() => new Fmp4Splitter().push(moov), { code: 'FFMPEG_FAILED', message: /H\.264/ });
});

test('damaged bytes never crash the readers of boxes', async (t) => {
  const film = await made;
  const random = seededRandom(3);
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(film.subarray(0, 4000));
    for (let i = 0; i < 20; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    t.notThrows(() => mimeTypeOf(bytes));
    t.notThrows(() => [...boxes(bytes)].map(({ body }) => readFragment(body)));
    t.notThrows(() => readFragment(seededBytes(80, round)));
  }
});
