import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { AppError } from '../../../../src/errors.ts';
import { formatClock, writeContactSheet } from '../../../../src/stream/film/finish/contact-sheet.ts';
import { spreadEvenly } from '../../../../src/stream/spread-evenly.ts';
import { syntheticSentence, syntheticXmp } from '../../../../src/stream/synthetic-mark.ts';
import { runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';

const mark = { program: 'chromafeed 0.1.0', model: 'starter', modelVersion: 1 };
const footer = syntheticSentence(mark);

/** The limited-range luma codes of three one-second scenes, with their gray levels 0..255. */
const levels = [
  { code: 60, gray: 51.2 },
  { code: 126, gray: 128.1 },
  { code: 190, gray: 202.6 },
];

/** Three scenes of plain gray with this chroma, one second each, at 10 frames per second. The first frame is at 5 s. */
async function makeFilm(path: string, pixFmt: string, chroma: string, tags: string[] = []): Promise<void> {
  const scenes = levels.map(
    ({ code }) => `color=black:s=160x120:r=10:d=1,format=yuv420p,lutyuv=y=${code}${chroma}`,
  );
  const graph = `${scenes.map((scene, i) => `${scene}[s${i}]`).join(';')};[s0][s1][s2]concat=n=3,setpts=PTS+5/TB`;
  const tail = pixFmt === 'gray' ? ',extractplanes=y' : '';
  await runFfmpeg([
    '-filter_complex',
    `${graph}${tail}[v]`,
    '-map',
    '[v]',
    '-copyts',
    '-c:v',
    'ffv1',
    ...tags,
    path,
  ]);
}

async function pixel(path: string, x: number, y: number): Promise<number[]> {
  return [...(await sharp(path).extract({ left: x, top: y, width: 1, height: 1 }).raw().toBuffer())];
}

/** R'G'B' by ITU-R BT.601-7 2.5.1, from chroma codes in 8-bit limited range. */
function rgbOf(gray: number, cb: number, cr: number): number[] {
  const [u, v] = [((cb - 128) * 255) / 224, ((cr - 128) * 255) / 224];
  return [gray + 1.402 * v, gray - (0.114 * 1.772 * u + 0.299 * 1.402 * v) / 0.587, gray + 1.772 * u];
}

function isNear(a: readonly number[], b: readonly number[], tolerance: number): boolean {
  return a.length === b.length && a.every((value, i) => Math.abs(value - (b[i] ?? NaN)) <= tolerance);
}

const sources: [string, string[]][] = [
  ['yuv420p', []],
  ['yuv420p', ['-color_range', 'tv']],
  ['gray', []],
];
for (const [pixFmt, tags] of sources) {
  test(`each scene of a ${[pixFmt, ...tags].join(' ')} source is shown in gray and in colour at its own time`, async (t) => {
    const folder = await tempFolder(t);
    const before = join(folder, 'before.mkv');
    const after = join(folder, 'after.mkv');
    const path = join(folder, 'sheet.png');
    await makeFilm(before, pixFmt, ':u=100:v=150', tags);
    await makeFilm(after, 'yuv420p', ':u=110:v=150');
    const scenes = [{ atS: 5.5 }, { atS: 6 }, { atS: 7.9 }];
    await writeContactSheet({ before, after, scenes, path, footer, signal: new AbortController().signal });

    const { width, height } = await sharp(path).metadata();
    t.deepEqual([width, height], [12 + 652, 12 + 3 * (240 + 24 + 12) + 24 + 12]);
    for (const [row, { gray }] of levels.entries()) {
      const y = 12 + row * 276 + 120;
      const left = await pixel(path, 12 + 160, y);
      const right = await pixel(path, 12 + 320 + 160, y);
      t.true(isNear(left, [gray, gray, gray], 2), `before ${row}: ${left.join()} for ${gray}`);
      t.true(isNear(right, rgbOf(gray, 110, 150), 3), `after ${row}: ${right.join()}`);
    }
    t.deepEqual((await readdir(folder)).sort(), ['after.mkv', 'before.mkv', 'sheet.png']);
  });
}

test('a sheet of many scenes shows 24, says in its XMP that the colour is synthetic, and has its texts', async (t) => {
  const folder = await tempFolder(t);
  const film = join(folder, 'film.mkv');
  const path = join(folder, 'sheet.jpg');
  await makeFilm(film, 'yuv420p', ':u=110:v=150');
  // The last time is after the end, as for a scene that is shorter than its caller expected.
  const scenes = Array.from({ length: 29 }, (_, i) => ({ atS: 5 + i / 9 }));
  const job = {
    before: film,
    after: film,
    scenes,
    path,
    footer,
    xmp: syntheticXmp(mark),
    title: 'R&D <reel>',
  };
  await writeContactSheet({ ...job, signal: new AbortController().signal });

  const { width, height, xmpAsString } = await sharp(path).metadata();
  t.deepEqual([width, height], [12 + 3 * 652, 48 + 8 * 276 + 36]);
  t.regex(xmpAsString ?? '', /compositeWithTrainedAlgorithmicMedia/);
  const brightest = async (top: number): Promise<number> => {
    const { channels } = await sharp(path).extract({ left: 12, top, width: 300, height: 24 }).stats();
    return channels[0]?.max ?? 0;
  };
  t.true((await brightest(12)) > 150, 'title');
  t.true((await brightest(48 + 240)) > 150, 'time');
  t.true((await brightest(48 + 8 * 276)) > 150, 'footer');
});

test('frames of a transport stream and of a raw stream are found, although neither supports seeking', async (t) => {
  const folder = await tempFolder(t);
  const before = join(folder, 'before.ts');
  const after = join(folder, 'after.h264');
  const path = join(folder, 'sheet.png');
  const flash = "color=gray:s=160x120:r=10:d=3,lutyuv=y='235*gte(val,0)':enable='gte(t,2.75)'";
  await runFfmpeg(['-f', 'lavfi', '-i', flash, '-c:v', 'mpeg2video', '-muxdelay', '0', before]);
  await runFfmpeg(['-f', 'lavfi', '-i', flash, '-c:v', 'libx264', '-bf', '0', after]);
  const job = { before, after, scenes: [{ atS: 2.6 }, { atS: 2.9 }], path, footer };
  await writeContactSheet({ ...job, signal: new AbortController().signal });

  const dark = await Promise.all([172, 492].map((x) => pixel(path, x, 132)));
  const bright = await Promise.all([172, 492].map((x) => pixel(path, x, 132 + 276)));
  t.true(
    dark.flat().every((value) => value < 150),
    dark.join(' | '),
  );
  t.true(
    bright.flat().every((value) => value > 240),
    bright.join(' | '),
  );
});

test("numbered RGB pictures are shown with the decoder's filters", async (t) => {
  const folder = await tempFolder(t);
  const before = join(folder, 'frame_%04d.png');
  const after = join(folder, 'after.mkv');
  const path = join(folder, 'sheet.png');
  await runFfmpeg(['-f', 'lavfi', '-i', 'color=0x808080:s=160x120:r=10:d=2', '-pix_fmt', 'rgb24', before]);
  await runFfmpeg(['-f', 'lavfi', '-i', 'color=0x808080:s=160x120:r=10:d=2', '-c:v', 'ffv1', after]);
  const source = {
    before,
    beforeOptions: ['-framerate', '10'],
    lumaFilters: ['format=gray'],
    range: 'full' as const,
  };
  const job = { ...source, after, scenes: [{ atS: 1.5 }], path, footer };
  await writeContactSheet({ ...job, signal: new AbortController().signal });
  for (const x of [172, 492]) t.true(isNear(await pixel(path, x, 132), [128, 128, 128], 2));
});

test('pixels that are not square are shown with the right aspect ratio', async (t) => {
  const folder = await tempFolder(t);
  const film = join(folder, 'film.mkv');
  const path = join(folder, 'sheet.webp');
  const wide = 'color=gray:s=720x576:r=10:d=0.5,setsar=64/45';
  await runFfmpeg(['-f', 'lavfi', '-i', wide, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', film]);
  const job = { before: film, after: film, scenes: [{ atS: 0 }], path, footer };
  await writeContactSheet({ ...job, signal: new AbortController().signal });
  t.is((await sharp(path).metadata()).height, 12 + 180 + 24 + 12 + 24 + 12);
});

test('a time after the end is refused, and the message names it', async (t) => {
  const folder = await tempFolder(t);
  const film = join(folder, 'film.mkv');
  await makeFilm(film, 'yuv420p', ':u=128:v=128');
  const job = { before: film, after: film, scenes: [{ atS: 3600 }], path: join(folder, 'sheet.png'), footer };
  const error = await t.throwsAsync(writeContactSheet({ ...job, signal: new AbortController().signal }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'FFMPEG_FAILED');
  t.regex(error.message, /film\.mkv: expected a frame at 1:00:00\.000 but got none/);
});

test("an extension that is not a picture's is refused before any frame is read", async (t) => {
  const job = { before: 'none.mkv', after: 'none.mkv', scenes: [{ atS: 0 }], path: 'sheet.gif', footer };
  const error = await t.throwsAsync(writeContactSheet({ ...job, signal: new AbortController().signal }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'USAGE');
});

test('items are chosen at even distances, with the first and the last', (t) => {
  t.deepEqual(spreadEvenly([1, 2, 3], 24), [1, 2, 3]);
  t.deepEqual(spreadEvenly([0, 1, 2, 3, 4, 5, 6, 7, 8], 3), [0, 4, 8]);
  t.is(spreadEvenly([...Array(1000).keys()], 24).length, 24);
});

test('times are written with hours, minutes, seconds and thousandths', (t) => {
  t.is(formatClock(83.48), '0:01:23.480');
  t.is(formatClock(59.9996), '0:01:00.000');
  t.is(formatClock(36_000), '10:00:00.000');
});
