/** Scenes that are in colour in the source keep every sample of it. The others are coloured. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { colorizeFilm } from '../../../src/stream/film/colorize-film.ts';
import { openFilmResources, type FilmResources } from '../../../src/stream/film/film-resources.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../../helpers/small-embedding.ts';

let home = '';
let resources: FilmResources & AsyncDisposable;

test.before(async () => {
  home = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
  film420 = await makeFilm(home, 'yuv420p');
  resources = await openFilmResources({ embedding: smallEmbedding, device: 'cpu' });
});
test.after.always(async () => {
  await resources[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const [width, height, part] = [96, 64, 16];
const friday = ['-ss', '2', '-i', 'samples/his_girl_friday.mp4'];
const gray = `scale=${width}:${height},format=gray`;
/** The matrix from ffmpeg's manual. */
const sepia = 'format=rgb24,colorchannelmixer=.393:.769:.189:0:.349:.686:.168:0:.272:.534:.131';
const settings = { codec: 'ffv1', size: 64, segmentFrames: 24 } as const;
/** One film for two tests. */
let film420 = '';

/** A gray part, a part in colour and a part in sepia, 16 frames each, lossless. */
async function makeFilm(folder: string, pixelFormat: string): Promise<string> {
  const film = join(folder, 'film.mkv');
  const parts = [gray, 'null', `${gray},${sepia}`].map(
    (filter, i) =>
      `[${i}:v]${filter},scale=${width}:${height},format=${pixelFormat},fps=25,setsar=1,trim=end_frame=${part}[v${i}]`,
  );
  await runFfmpeg([
    ...friday,
    ...['-f', 'lavfi', '-i', `testsrc2=s=${width}x${height}:r=25:d=2`],
    ...['-ss', '0.5', '-i', 'samples/his_girl_friday.mp4'],
    ...['-filter_complex', `${parts.join(';')};[v0][v1][v2]concat=n=3`, '-c:v', 'ffv1', film],
  ]);
  return film;
}

type Plane = 'y' | 'u' | 'v';

/** For each plane, the frames of two films that have the same samples in it. The second film is made 4:2:0. */
async function sameFrames(a: string, b: string): Promise<Record<Plane, boolean[]>> {
  const [one, two] = await Promise.all([framesOf(a), framesOf(b)]);
  const [luma, chroma] = [width * height, (width * height) / 4];
  const ends: Record<Plane, [number, number]> = {
    y: [0, luma],
    u: [luma, luma + chroma],
    v: [luma + chroma, luma + 2 * chroma],
  };
  const size = luma + 2 * chroma;
  const frames = Math.max(one.length, two.length) / size;
  const compare = (plane: Plane): boolean[] =>
    Array.from({ length: frames }, (_, i) => {
      const [from, to] = ends[plane].map((offset) => i * size + offset);
      return one.subarray(from, to).equals(two.subarray(from, to));
    });
  return { y: compare('y'), u: compare('u'), v: compare('v') };
}

/** All frames of a film, 4:2:0. */
async function framesOf(film: string): Promise<Buffer> {
  const { stdout } = await runFfmpeg([
    ...['-i', film, '-map', '0:v:0', '-vf', 'format=yuv420p', '-fps_mode', 'passthrough'],
    ...['-f', 'rawvideo', '-'],
  ]);
  return stdout;
}

const isMiddle = Array.from({ length: 3 * part }, (_, i) => i >= part && i < 2 * part);
const always = isMiddle.map(() => true);

test('a scene in colour keeps its chroma, gray and sepia scenes are coloured, and result, report and tag say so', async (t) => {
  const film = film420;
  const folder = await tempFolder(t);
  const [output, report] = [join(folder, 'out.mkv'), join(folder, 'report.json')];
  const contactSheet = join(folder, 'sheet.png');
  const result = await colorizeFilm(film, output, { ...settings, report, contactSheet, resources });
  t.deepEqual(await sameFrames(output, film), { y: always, u: isMiddle, v: isMiddle });
  t.deepEqual(
    result.scenes.map(({ firstFrame, isOwn }) => [firstFrame, isOwn]),
    [
      [0, false],
      [part, true],
      [2 * part, false],
    ],
  );
  t.is(result.color, 'both');
  t.regex(result.warnings.join('\n'), /1 of 3 scenes are in colour and keep it: 2 /);
  const told = JSON.parse(await readFile(report, 'utf8')) as typeof result;
  t.deepEqual([told.color, told.scenes[1]?.isOwn], ['both', true]);
  const tags = (await probeCsv(output, '-show_entries', 'format_tags')).join();
  t.regex(tags, /partly/);
  t.regex(tags, /in some scenes, and that of the source in others/);
  t.regex(tags, /0\.64-1\.28/);
  // 320 pixels wide each, below the title, each with a line of text.
  const rows = [0, 1, 2].map((row) => 36 + 12 + row * (214 + 24 + 12));
  const isGray = await Promise.all(rows.map((top) => isGrayPart(contactSheet, 12, top)));
  t.deepEqual(isGray, [true, false, true], 'the sheet shows the source in gray, or in its own colour');
  const [before, after] = await Promise.all(
    [12, 332].map((left) => partOf(contactSheet, left, rows[1] ?? 0)),
  );
  t.deepEqual(before, after);
});

/** Pixels of a picture on the sheet, R'G'B'. */
async function partOf(sheet: string, left: number, top: number): Promise<Buffer> {
  return sharp(sheet).extract({ left, top, width: 320, height: 200 }).removeAlpha().raw().toBuffer();
}

async function isGrayPart(sheet: string, left: number, top: number): Promise<boolean> {
  const rgb = await partOf(sheet, left, top);
  return rgb.every((value, i) => value === rgb[i - (i % 3)]);
}

test('a film that was stopped in a scene with its own colour resumes to the same result', async (t) => {
  const film = film420;
  const folder = await tempFolder(t);
  const [whole, stopped] = [join(folder, 'whole', 'out.mkv'), join(folder, 'stopped', 'out.mkv')];
  await colorizeFilm(film, whole, { ...settings, resources });
  const stop = new AbortController();
  const reporter = {
    ...resources.reporter,
    progress: ({ frames }: { readonly frames: number }): void => {
      if (frames > 26) stop.abort();
    },
  };
  const stoppable = { ...resources, reporter, signal: stop.signal };
  const short = { ...settings, segmentFrames: 8 };
  await t.throwsAsync(colorizeFilm(film, stopped, { ...short, resources: stoppable }), {
    code: 'INTERRUPTED',
  });
  const { resumedFrames } = await colorizeFilm(film, stopped, { ...short, resources });
  t.true(resumedFrames >= 8 && resumedFrames < 48, `${resumedFrames}`);
  t.deepEqual(await sameFrames(whole, stopped), { y: always, u: always, v: always });
});

test('colour that starts within a shot is kept from that frame on', async (t) => {
  const folder = await tempFolder(t);
  const [film, output] = [join(folder, 'film.mkv'), join(folder, 'out.mkv')];
  const graph = `testsrc2=s=${width}x${height}:r=25:d=1.6,hue=s='gte(n,18)',format=yuv420p`;
  await runFfmpeg(['-f', 'lavfi', '-i', graph, '-c:v', 'ffv1', film]);
  const { scenes } = await colorizeFilm(film, output, { ...settings, resources });
  t.deepEqual(
    scenes.map(({ firstFrame, isOwn, start }) => [firstFrame, isOwn, start]),
    [
      [0, false, 'first'],
      [18, true, 'color'],
    ],
  );
  t.deepEqual(
    (await sameFrames(output, film)).u,
    Array.from({ length: 40 }, (_, i) => i >= 18),
  );
});

test('a film in colour is kept and not marked as synthetic, and --recolor colours it', async (t) => {
  const folder = await tempFolder(t);
  const [film, kept, replaced] = ['film.mkv', 'kept.mkv', 'replaced.mkv'].map((name) => join(folder, name));
  const graph = `testsrc2=s=${width}x${height}:r=25:d=0.6,format=yuv420p`;
  await runFfmpeg(['-f', 'lavfi', '-i', graph, '-c:v', 'ffv1', film!]);
  const result = await colorizeFilm(film!, kept!, { ...settings, resources });
  t.deepEqual([result.color, result.networkFrames, result.embeddings], ['source', 0, 0]);
  t.true((await sameFrames(kept!, film!)).u.every(Boolean));
  t.notRegex((await probeCsv(kept!, '-show_entries', 'format_tags')).join(), /synthetic:|is synthetic/);
  const again = await colorizeFilm(film!, replaced!, { ...settings, recolor: true, resources });
  t.is(again.color, 'network');
  t.false((await sameFrames(replaced!, film!)).u.some(Boolean));
});

test('chroma with another layout is scaled as in ffmpeg, and luma does not change', async (t) => {
  const folder = await tempFolder(t);
  const film = await makeFilm(folder, 'yuv444p');
  const output = join(folder, 'out.mkv');
  await colorizeFilm(film, output, { ...settings, resources });
  const same = await sameFrames(output, film);
  t.deepEqual([same.y, same.u], [always, isMiddle]);
});
