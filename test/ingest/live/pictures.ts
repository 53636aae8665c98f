import test, { type ExecutionContext } from 'ava';
import { join } from 'node:path';
import type { LiveFrame } from '../../../src/ingest/live/live-feed.ts';
import type { NutBuffer } from '../../../src/ingest/nut/demuxer.ts';
import { halveInto } from '../../../src/stream/pixels/shrink.ts';
import { filmSource } from '../../helpers/made-film.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';
import { watchFeed } from '../../helpers/watched-feed.ts';

/** ffmpeg 7 plays the first half second without delay; it is over after this many frames. */
const burst = 15;
const rampSize = { widthPx: 256, heightPx: 16 };

test.serial('a test source delivers moving frames in order, at its rate, with its saturation', async (t) => {
  await using watched = watchFeed({ source: 'test:testsrc2=s=160x120:r=15' });
  await watched.until('a saturation', () => watched.frames.at(-1)?.saturation !== undefined);
  await watched.untilFrames(burst);
  const start = watched.last.sequence;
  await watched.untilFrames(25);
  t.deepEqual(watched.last.size, { widthPx: 160, heightPx: 120 });
  t.is(watched.last.buffer.data.length, 160 * 120);
  t.is(watched.last.sequence, start + 25);
  t.true(watched.last.saturation! > 30, `${watched.last.saturation}`);
  for (const [i, frame] of watched.frames.entries()) {
    const before = watched.frames[i - 1];
    if (before === undefined) continue;
    t.notDeepEqual(frame.buffer.data, before.buffer.data);
    t.true(frame.capturedMs > before.capturedMs);
  }
  const [first, last] = [watched.frames[5]!, watched.last];
  const fps = ((last.sequence - first.sequence) * 1000) / (last.capturedMs - first.capturedMs);
  t.true(Math.abs(fps - 15) < 4, `${fps} fps`);
  t.true(Math.abs(Date.now() - last.capturedMs) < 1000);
  t.deepEqual(watched.kinds, ['connecting', 'live']);
});

test.serial('a film loops past its end at its own speed', async (t) => {
  const film = join(await tempFolder(t), 'short.mp4');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=20:d=1', '-c:v', 'libx264', '-bf', '2', film]);
  await using watched = watchFeed({ source: `file:${film}` });
  await watched.untilFrames(burst);
  const [startMs, startCount] = [performance.now(), watched.times.length];
  await watched.untilFrames(50);
  const fps = ((watched.times.length - startCount) * 1000) / (performance.now() - startMs);
  t.true(Math.abs(fps - 20) < 4, `${fps} fps`);
  t.deepEqual(watched.kinds, ['connecting', 'live']);
  t.is(watched.reconnects, 0);
});

test('limited range is expanded to 0..255 once, rounded to the nearest', async (t) => {
  const luma = await rampThrough(t, 'tv');
  t.deepEqual(
    luma,
    Array.from({ length: 256 }, (_, y) => Math.max(0, Math.min(255, Math.round(((y - 16) * 255) / 219)))),
  );
});

test('full range stays as it is, bit for bit', async (t) => {
  t.deepEqual(
    await rampThrough(t, 'pc'),
    Array.from({ length: 256 }, (_, y) => y),
  );
});

const fits = test.macro({
  exec: async (t: ExecutionContext, source: string, size: string, expected: string) => {
    await using watched = watchFeed({
      source: await filmSource(t, source.replace(/s=\d+x\d+/, '$&:d=1')),
      size,
    });
    await watched.untilFrames(1);
    const { widthPx, heightPx } = watched.last.size;
    t.is(`${widthPx}x${heightPx}`, expected);
    t.is(watched.last.buffer.data.length, widthPx * heightPx);
  },
  title: (_: string | undefined, source = '', size = '', expected = '') =>
    `${source} within ${size} is ${expected}`,
});

test(fits, 'testsrc2=s=640x360', '320x240', '320x180');
test(fits, 'testsrc2=s=640x360', '1280x720', '640x360');
test(fits, 'testsrc2=s=360x640', '320x240', '134x240');
test(fits, 'testsrc2=s=161x121', '1280x720', '160x120');
test(fits, 'testsrc2=s=352x288,setsar=16/11', '1280x720', '512x288');
test(fits, 'testsrc2=s=352x288,setsar=8/11', '1280x720', '256x288');
test(fits, 'testsrc2=s=704x576,setsar=16/11', '512x512', '512x288');

test('a reduced frame holds the means of 2 x 2 pixels, bit for bit', async (t) => {
  const size = { widthPx: 1280, heightPx: 720 };
  const { whole, reduced } = await bothSizes(t, 'testsrc2=s=1280x720:r=2:d=1,noise=alls=40', 'pc');
  t.deepEqual(reduced.size, { widthPx: 640, heightPx: 360 });
  t.true(reduced.isReduced);
  t.false(whole.isReduced);
  const expected = new Uint8Array(640 * 360);
  halveInto(whole.buffer.data, size, expected);
  t.deepEqual(reduced.buffer.data, expected);
});

test('a reduced frame of a limited source is stretched once', async (t) => {
  const { whole, reduced } = await bothSizes(t, 'testsrc2=s=720x960:r=2:d=1,noise=alls=40', 'tv');
  t.deepEqual(reduced.size, { widthPx: 360, heightPx: 480 });
  const expected = new Uint8Array(360 * 480);
  halveInto(whole.buffer.data, { widthPx: 720, heightPx: 960 }, expected);
  const worst = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - reduced.buffer.data[i]!)),
    0,
  );
  t.true(worst <= 1, `${worst} levels`);
});

test('a frame whose short side is no larger is not reduced', async (t) => {
  const { whole, reduced } = await bothSizes(t, 'testsrc2=s=480x360:r=2:d=1', 'tv');
  t.false(reduced.isReduced);
  t.deepEqual(reduced.buffer.data, whole.buffer.data);
});

test('a film in place of a camera says where it is, and starts there again', async (t) => {
  const film = join(await tempFolder(t), 'steps.mkv');
  // The luma tells the number of the frame.
  const steps = "color=black:s=64x48:r=10:d=2,format=yuvj420p,geq=lum='10*N':cb=128:cr=128";
  await runFfmpeg(['-f', 'lavfi', '-i', steps, '-c:v', 'ffv1', '-g', '1', film]);
  await using first = watchFeed({ source: `file:${film}` });
  await first.untilFrames(24);
  const { positionS = NaN } = first.feed;
  t.true(positionS >= 0 && positionS < 2, `${positionS} s`);
  const levels = first.frames.map(({ buffer }) => buffer.data[0]!);
  t.is(levels[Math.round(10 * positionS)], levels.at(-1));
  await using second = watchFeed({ source: `file:${film}` }, undefined, { startS: 1.5 });
  await second.untilFrames(8);
  t.true(second.frames[0]!.buffer.data[0]! >= levels[14]!, 'it starts late');
  t.true(second.last.buffer.data[0]! < levels[14]!, 'and loops to the start of the film');
});

test('the sides of a picture in colour are gray by luma, and a gray source has no saturation', async (t) => {
  await using watched = watchFeed({ source: await filmSource(t, 'testsrc2=s=160x120:r=10:d=2,hue=s=0') });
  await watched.until('a saturation', () => watched.frames.at(-1)?.saturation !== undefined);
  t.true(watched.last.saturation! < 1, `${watched.last.saturation}`);
});

test("with passthrough a camera's own colour arrives with the luma, as ffmpeg itself converts it", async (t) => {
  const folder = await tempFolder(t);
  const film = join(folder, 'bars.mkv');
  await runFfmpeg([
    ...[
      '-f',
      'lavfi',
      '-i',
      'smptehdbars=s=160x120:r=10:d=2',
      '-vf',
      'scale=out_color_matrix=bt709,format=yuv420p',
    ],
    ...['-colorspace', 'bt709', '-color_range', 'tv', '-c:v', 'ffv1', film],
  ]);
  const filter = 'scale=out_range=pc:out_color_matrix=bt601,format=yuvj420p';
  const { stdout } = await runFfmpeg(['-i', film, '-vf', filter, '-frames:v', '1', '-f', 'rawvideo', '-']);
  await using watched = watchFeed({ source: `file:${film}`, day: 'passthrough' });
  await watched.untilFrames(1);
  t.true(watched.last.hasChroma);
  t.is(watched.last.buffer.data.length, 160 * 120 * 1.5);
  const worst = Math.max(...watched.last.buffer.data.map((value, i) => Math.abs(value - (stdout[i] ?? 0))));
  t.true(worst <= 1, `${worst} levels`);
});

test('a sunny road counts as colour although most of it is gray; without its colours it does not', async (t) => {
  // An eighth of the picture has pale colour.
  const road = 'color=0x707070:s=160x120:r=10:d=2,drawbox=w=20:h=120:color=0x707A60:t=fill';
  await using watched = watchFeed({ source: await filmSource(t, road) });
  await watched.until('a saturation', () => watched.frames.at(-1)?.saturation !== undefined);
  t.true(watched.last.saturation! >= 5, `${watched.last.saturation}`);
});

test.serial(
  'frames beyond the cap are dropped and counted, and the numbers of the others show the gaps',
  async (t) => {
    await using watched = watchFeed({ source: 'test:testsrc2=s=64x48:r=25', fps: 5 });
    await watched.untilFrames(20);
    const total = watched.last.sequence + 1;
    t.true(watched.times.length <= total / 5 + 4, `${watched.times.length} of ${total}`);
    t.true(Math.abs(watched.times.length + watched.dropped.rate - total) <= 1);
    t.is(watched.out, 0);
  },
);

test('a disabled camera says so and starts nothing', async (t) => {
  const watched = watchFeed({ source: 'test:testsrc2', enabled: false });
  t.deepEqual(watched.kinds, ['disabled']);
  await watched[Symbol.asyncDispose]();
  t.is(watched.times.length, 0);
});

/** The first frame of a source, stored without loss, as it is and reduced. */
async function bothSizes(
  t: ExecutionContext,
  source: string,
  range: 'tv' | 'pc',
): Promise<Record<'whole' | 'reduced', LiveFrame<NutBuffer>>> {
  const film = join(await tempFolder(t), 'film.mkv');
  const inRange = 'lutyuv=y=clip(val\\,20\\,230)'; // codes beyond the range would be clipped before the mean
  const format = `scale=out_range=${range},format=yuv420p,${inRange},setparams=range=${range}`;
  await runFfmpeg(['-f', 'lavfi', '-i', `${source},${format}`, '-color_range', range, '-c:v', 'ffv1', film]);
  const config = { source: `file:${film}`, size: '4096x4096' };
  await using whole = watchFeed(config);
  await using reduced = watchFeed(config, undefined, { isReduced: true });
  await Promise.all([whole.untilFrames(2), reduced.untilFrames(2)]); // the log may say the size after the first frame
  return { whole: whole.frames[1]!, reduced: reduced.frames[1]! };
}

/** The luma that the feed delivers for the levels 0..255 side by side, stored without loss. */
async function rampThrough(t: ExecutionContext, range: 'tv' | 'pc'): Promise<number[]> {
  const film = join(await tempFolder(t), 'ramp.mkv');
  const { widthPx, heightPx } = rampSize;
  const luma = Uint8Array.from({ length: widthPx * heightPx }, (_, i) => i % widthPx);
  const chroma = new Uint8Array((widthPx * heightPx) / 2).fill(128);
  await runFfmpeg(
    [
      ...[
        '-f',
        'rawvideo',
        '-pix_fmt',
        'yuv420p',
        '-s',
        `${widthPx}x${heightPx}`,
        '-r',
        '10',
        '-i',
        'pipe:0',
      ],
      ...['-vf', `setparams=range=${range}`, '-color_range', range, '-c:v', 'ffv1', film],
    ],
    { input: [luma, chroma, luma, chroma] },
  );
  await using watched = watchFeed({ source: `file:${film}` });
  await watched.untilFrames(1);
  t.deepEqual(watched.last.size, rampSize);
  const { data } = watched.last.buffer;
  for (let row = 1; row < heightPx; row++)
    t.deepEqual(data.slice(row * widthPx, (row + 1) * widthPx), data.slice(0, widthPx));
  return [...data.slice(0, widthPx)];
}
