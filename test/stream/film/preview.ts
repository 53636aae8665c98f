/** One coloured frame equals the same frame of the whole coloured film. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { colorizeFilm } from '../../../src/stream/film/colorize-film.ts';
import { openFilmResources, type FilmResources } from '../../../src/stream/film/film-resources.ts';
import { previewFilm } from '../../../src/stream/film/preview.ts';
import { packetTimes } from '../../helpers/film.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../../helpers/small-embedding.ts';

let resources: FilmResources & AsyncDisposable;

test.before(async () => {
  resources = await openFilmResources({ embedding: smallEmbedding, device: 'cpu' });
});
test.after.always(() => resources[Symbol.asyncDispose]());

test('the frame at a time has the pixels of the lossless film at that time', async (t) => {
  const folder = await tempFolder(t);
  const [film, whole] = [join(folder, 'film.mkv'), join(folder, 'whole.mkv')];
  await runFfmpeg([
    ...['-ss', '1', '-i', 'samples/his_girl_friday.mp4', '-an', '-frames:v', '60'],
    ...['-vf', 'scale=96:64,format=yuv420p', '-c:v', 'ffv1', film],
  ]);
  await colorizeFilm(film, whole, { codec: 'ffv1', size: 64, resources });
  for (const [startS, frame] of [
    [0, 0],
    [1.01, 30],
    [60, 59],
  ] as const) {
    const output = join(folder, `frame-${frame}.png`);
    const { isOwn, atS } = await previewFilm(film, output, { start: startS, size: 64, resources });
    t.false(isOwn);
    t.true(Math.abs(atS - frame / 29.97) < 0.02, `${atS}`);
    t.true((await pixelsOf(whole, frame)).equals(await sharp(output).raw().toBuffer()), `frame ${frame}`);
    t.regex((await sharp(output).metadata()).xmpAsString ?? '', /Colour is synthetic/);
  }
  await t.throwsAsync(previewFilm(film, join(folder, 'frame-0.png'), { resources }), {
    code: 'OUTPUT_EXISTS',
  });
  t.false(existsSync(join(folder, 'frame-0.png.partial')), 'a frame leaves no work folder');
});

test('a late frame has these pixels, too, although its film is not coloured from the beginning', async (t) => {
  const folder = await tempFolder(t);
  const [film, whole] = [join(folder, 'film.mkv'), join(folder, 'whole.mkv')];
  const shots = 'testsrc2=s=64x48:r=5:d=28,hue=s=0[a];mandelbrot=s=64x48:r=5,hue=s=0,trim=duration=16[b]';
  // Times are uneven, so the number of a frame does not follow from its time.
  const uneven = '[a][b]concat,format=yuv420p,select=not(eq(mod(n\\,7)\\,3))';
  await runFfmpeg([
    ...['-filter_complex', `${shots};${uneven}`, '-fps_mode', 'vfr'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '2', film],
  ]);
  const { scenes } = await colorizeFilm(film, whole, { codec: 'ffv1', size: 64, resources });
  t.is(scenes.length, 2);
  const output = join(folder, 'late.png');
  const { atS } = await previewFilm(film, output, { start: 41.3, size: 64, resources });
  const frame = (await packetTimes(whole, 'v:0')).filter((time) => time < atS - 0.01).length;
  t.true((await pixelsOf(whole, frame)).equals(await sharp(output).raw().toBuffer()), `frame ${frame}`);
});

/** R'G'B' of one frame of a lossless film. */
async function pixelsOf(film: string, frame: number): Promise<Buffer> {
  const scale = 'scale=in_range=tv:out_range=pc:flags=accurate_rnd+full_chroma_int,format=rgb24';
  const filters = `select=eq(n\\,${frame}),${scale}`;
  const { stdout } = await runFfmpeg(['-i', film, '-vf', filters, '-frames:v', '1', '-f', 'rawvideo', '-']);
  return stdout;
}
