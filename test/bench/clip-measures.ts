import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { measureClip } from '../../bench/support/clip-measures.ts';
import { listFilms, lumaDigest, makeTruthAndGray } from '../../bench/support/films.ts';
import { makeFullHd, makeGray } from '../../bench/support/full-hd.ts';
import { SheetPictures, writeSheet } from '../../bench/support/picture-sheet.ts';
import { probeSize, readRgbFrames } from '../../bench/support/rgb-frames.ts';
import { AppError } from '../../src/errors.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

async function makeClip(folder: string, frames: number): Promise<{ truth: string; gray: string }> {
  const source = join(folder, 'colour.mkv');
  const picture = `testsrc2=size=98x64:rate=10`;
  await runFfmpeg(['-f', 'lavfi', '-i', picture, '-frames:v', String(frames), '-c:v', 'ffv1', source]);
  const files = { truth: join(folder, 'truth.mkv'), gray: join(folder, 'gray.mkv') };
  await makeTruthAndGray(source, files, { widthPx: 64 });
  return files;
}

test('the truth as output is perfect, gray is not, and both have the same luma', async (t) => {
  const folder = await tempFolder(t);
  const files = await makeClip(folder, 9);
  const seen: number[] = [];
  const measures = await measureClip(
    { ...files, output: files.truth },
    { every: 4, visit: (index) => seen.push(index) },
  );
  t.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  t.is(measures.frames, 9);
  t.is(measures.output.psnrDb, Infinity);
  t.is(measures.output.ciede2000, 0);
  t.is(measures.output.cdc, measures.truth.cdc);
  t.is(measures.output.moving.error, 0);
  t.is(measures.output.moving.chromaRatio, 1);
  t.is(measures.gray.colourfulness, 0);
  t.true(measures.gray.psnrDb < 20 && measures.gray.ciede2000 > 5);
  t.true(measures.gray.moving.chromaRatio < 0.01 && measures.gray.moving.error > 10);
  t.true(measures.gray.flicker < 0.01);
  t.is(await lumaDigest(files.gray), await lumaDigest(files.truth));
  t.deepEqual(await probeSize(files.truth), { widthPx: 64, heightPx: 42 });
});

test("PSNR of gray agrees with ffmpeg's own psnr filter on the same RGB frames", async (t) => {
  const folder = await tempFolder(t);
  const files = await makeClip(folder, 5);
  const { gray } = await measureClip({ ...files, output: files.gray });
  const rgb = '[0:v]scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24,format=gbrp[a];';
  const other = '[1:v]scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24,format=gbrp[b];';
  const stats = join(folder, 'psnr.txt');
  const graph = `${rgb}${other}[a][b]psnr=stats_file=${stats}`;
  await runFfmpeg(['-i', files.gray, '-i', files.truth, '-lavfi', graph, '-f', 'null', '-']);
  const lines = await readFile(stats, 'utf8');
  const values = [...lines.matchAll(/psnr_avg:([\d.]+)/g)].map((match) => Number(match[1]));
  t.is(values.length, 5);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  t.true(Math.abs(mean - gray.psnrDb) < 0.02, `${mean} and ${gray.psnrDb}`);
});

test('an output that lost a frame is refused with its name', async (t) => {
  const folder = await tempFolder(t);
  const files = await makeClip(folder, 6);
  const short = join(folder, 'short.mkv');
  await runFfmpeg(['-i', files.truth, '-frames:v', '5', '-c:v', 'ffv1', short]);
  const lost = await t.throwsAsync(measureClip({ ...files, output: short }), { instanceOf: AppError });
  t.is(lost.code, 'INPUT_DAMAGED');
  t.regex(lost.message, /short\.mkv: expected frame 5/);
  const added = await t.throwsAsync(measureClip({ truth: short, gray: short, output: files.truth }), {
    instanceOf: AppError,
  });
  t.regex(added.message, /truth\.mkv: expected 5 frames/);
});

test('frames are read whole and in order, and a film that is none is refused', async (t) => {
  const folder = await tempFolder(t);
  const { gray } = await makeClip(folder, 3);
  const frames: Uint8Array[] = [];
  for await (const frame of readRgbFrames(gray, { widthPx: 64, heightPx: 42 })) frames.push(frame);
  t.deepEqual(
    frames.map((frame) => frame.length),
    [8064, 8064, 8064],
  );
  t.true(frames.every((frame) => frame.every((v, i) => v === frame[i - (i % 3)])));
  const missing = readRgbFrames(join(folder, 'none.mkv'), { widthPx: 2, heightPx: 2 });
  await t.throwsAsync(missing.next(), { instanceOf: AppError, code: 'FFMPEG_FAILED' });
});

test('a folder stands for the films in it, and one without films is refused', async (t) => {
  const folder = await tempFolder(t);
  await t.throwsAsync(listFilms([folder]), { instanceOf: AppError, code: 'INPUT_MISSING' });
  await makeClip(folder, 1);
  const found = await listFilms([folder]);
  t.deepEqual(
    found,
    ['colour.mkv', 'gray.mkv', 'truth.mkv'].map((name) => join(folder, name)),
  );
});

test('a sheet holds its pictures in rows', async (t) => {
  const folder = await tempFolder(t);
  const path = join(folder, 'sheet.png');
  const picture = (value: number): Uint8Array => new Uint8Array(8 * 6 * 3).fill(value);
  const rows = [
    [picture(10), picture(20)],
    [picture(30), picture(40)],
  ];
  await writeSheet(path, rows, { widthPx: 8, heightPx: 6 });
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  t.deepEqual([info.width, info.height], [20, 16]);
  const at = (x: number, y: number): number | undefined => data[(y * info.width + x) * info.channels];
  t.deepEqual([at(0, 0), at(12, 0), at(0, 10), at(19, 15), at(9, 0)], [10, 20, 30, 40, 255]);
});

test('the film made for timing is 1080p in colour, and its gray version has no chroma', async (t) => {
  const folder = await tempFolder(t);
  const { gray } = await makeClip(folder, 2);
  const colour = join(folder, 'colour.mp4');
  await makeFullHd(gray, colour, 3);
  t.deepEqual(await probeSize(colour), { widthPx: 1920, heightPx: 1080 });
  const plain = join(folder, 'gray.mp4');
  await makeGray(colour, plain);
  const chroma = async (path: string): Promise<Set<number>> => {
    const filter = ['-vf', 'extractplanes=u', '-f', 'rawvideo', '-'];
    return new Set((await runFfmpeg(['-i', path, '-frames:v', '1', ...filter])).stdout);
  };
  t.deepEqual([...(await chroma(plain))], [128]);
  t.true((await chroma(colour)).size > 20);
});

test('a sheet of a long stream has its first, middle and last row', (t) => {
  for (const [length, middle] of [
    [1, 0],
    [2, 1],
    [9, 4],
    [1000, 512],
  ] as const) {
    const pictures = new SheetPictures();
    for (let i = 0; i < length; i++) pictures.offer(i, [Uint8Array.of(i >> 8, i & 255)]);
    const kept = pictures.rows().map(([row]) => row![0]! * 256 + row![1]!);
    t.deepEqual([kept[0], kept[2]], [0, length - 1]);
    t.true(Math.abs(kept[1]! - middle) <= Math.max(1, length / 16), `${kept[1]} of ${length}`);
  }
});
