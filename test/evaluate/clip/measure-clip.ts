import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { probe } from '../../../src/ingest/film/probe.ts';
import { openSource } from '../../../src/ingest/film/source-input.ts';
import { measureClip, type ClipMeasures } from '../../../src/evaluate/clip/measure-clip.ts';
import { surveyTruth } from '../../../src/evaluate/clip/survey-truth.ts';
import { makeTruthAndGray } from '../../../src/evaluate/clip/truth-and-gray.ts';
import type { YuvClip } from '../../../src/evaluate/clip/yuv-frames.ts';
import { copyTurned } from '../../helpers/copy-turned.ts';
import { sameLuma } from '../../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const { signal } = new AbortController();

interface Made {
  readonly folder: string;
  readonly truth: string;
  readonly gray: string;
  readonly clip: YuvClip;
}

async function make(
  t: ExecutionContext,
  frames: number,
  encode: readonly string[] = ['-c:v', 'ffv1'],
  { isTurned = false, ...options }: { widthPx: number; frames?: number; isTurned?: boolean } = {
    widthPx: 640,
  },
): Promise<Made> {
  const folder = await tempFolder(t);
  const made = join(folder, 'colour.mkv');
  const path = isTurned ? join(folder, 'turned.mov') : made;
  const pattern = ['-f', 'lavfi', '-i', 'testsrc2=size=98x64:rate=10', '-frames:v', String(frames)];
  await runFfmpeg([...pattern, ...encode, made]);
  if (isTurned) await copyTurned(made, path, 90);
  const files = { truth: join(folder, 'truth.mkv'), gray: join(folder, 'gray.mkv') };
  await using input = await openSource(path);
  const source = await probe(input);
  return { folder, ...files, clip: await makeTruthAndGray({ input, source }, files, { ...options, signal }) };
}

async function measure({ clip }: Made, outputPath: string, every = 1): Promise<ClipMeasures> {
  const { median } = await surveyTruth(clip, signal);
  return measureClip({ truth: clip, outputPath, median, every, signal });
}

/** The numbers are from ffmpeg's psnr filter, for R'G'B' of a film and for its luma alone, frame by frame. */
async function ffmpegErrors(folder: string, film: string): Promise<number[]> {
  const rgb = 'scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp,format=gbrp';
  const stats = join(folder, 'psnr.txt');
  const graph = `[0:v]split[film][copy];[film]${rgb}[a];[copy]lutyuv=u=128:v=128,${rgb}[b];[a][b]psnr=stats_file=${stats}`;
  await runFfmpeg(['-i', film, '-lavfi', graph, '-f', 'null', '-']);
  return [...(await readFile(stats, 'utf8')).matchAll(/mse_avg:([\d.]+)/g)].map((match) => Number(match[1]));
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

test("the truth as its own output is perfect, and gray has the PSNR of ffmpeg's filter", async (t) => {
  const made = await make(t, 9);
  const seen: number[] = [];
  const { median, meanChroma, frames } = await surveyTruth(made.clip, signal);
  t.is(frames, 9);
  t.true(meanChroma > 20);
  const measures = await measureClip({
    truth: made.clip,
    outputPath: made.truth,
    median,
    every: 4,
    signal,
    visit: (index) => seen.push(index),
  });
  t.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const { output, gray, truth } = measures.figures;
  t.is(measures.lumaDifference, 0);
  t.deepEqual(output, truth);
  t.deepEqual([output.psnrDb, output.ciede2000, output.movingError], [null, 0, 0]);
  t.true(Math.abs((output.ssim ?? 0) - 1) < 1e-12);
  t.is(output.movingChromaRatio, 1);
  t.is(gray.colourfulness, 0);
  t.is(gray.colourfulnessDistance, truth.colourfulness);
  t.true((gray.movingChromaRatio ?? 1) < 0.01 && (gray.flicker ?? 1) < 0.01);
  const errors = await ffmpegErrors(made.folder, made.truth);
  t.is(errors.length, 9);
  const expected = 10 * Math.log10(255 ** 2 / mean(errors));
  t.true(Math.abs(expected - (gray.psnrDb ?? 0)) < 0.02, `${expected} and ${gray.psnrDb ?? ''}`);
});

test('the gray version has the very luma of the truth, its matrix and range', async (t) => {
  const sources: Readonly<Record<string, readonly string[]>> = {
    'yuv420p, untagged': ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p'],
    'BT.709': ['-c:v', 'libx264', '-colorspace', 'bt709', '-pix_fmt', 'yuv420p'],
    'full range': ['-c:v', 'ffv1', '-pix_fmt', 'yuvj420p', '-color_range', 'pc', '-strict', '-2'],
    '10 bit': ['-c:v', 'ffv1', '-pix_fmt', 'yuv422p10le'],
    RGB: ['-c:v', 'ffv1', '-pix_fmt', 'bgr0'],
  };
  for (const [name, encode] of Object.entries(sources)) {
    const { truth, gray, clip } = await make(t, 3, encode, { widthPx: 64 });
    t.deepEqual([clip.widthPx, clip.heightPx], [64, 42], name);
    await sameLuma(t, gray, truth);
    await using input = await openSource(gray);
    const { video } = await probe(input);
    t.true(video.luma.isGray, name);
    t.is(video.range, 'limited', name);
    t.is(video.matrix, clip.matrix, name);
    t.is(clip.matrix, name === 'RGB' || name === 'BT.709' ? 'bt709' : 'bt601', name);
    const [format] = await probeCsv(truth, '-select_streams', 'v', '-show_entries', 'stream=pix_fmt');
    t.is(format, 'yuv420p', name);
  }
});

test('only as many frames as asked are taken, and a turned film is measured as it is shown', async (t) => {
  const { truth, clip } = await make(t, 9, ['-c:v', 'libx264'], {
    widthPx: 640,
    frames: 4,
    isTurned: true,
  });
  const count = ['-count_frames', '-select_streams', 'v', '-show_entries', 'stream=nb_read_frames'];
  t.deepEqual(await probeCsv(truth, ...count), ['4']);
  t.deepEqual(await probeCsv(truth, '-show_entries', 'stream=width,height'), [
    `${clip.widthPx},${clip.heightPx}`,
  ]);
  t.true(clip.widthPx < clip.heightPx, 'a wide picture stands');
});

test('an output with a missing frame and one with an extra frame are refused by name', async (t) => {
  const made = await make(t, 6);
  const short = join(made.folder, 'short.mkv');
  await runFfmpeg(['-i', made.truth, '-frames:v', '5', '-c:v', 'ffv1', short]);
  const refused = { instanceOf: AppError, code: 'INPUT_DAMAGED' };
  await t.throwsAsync(measure(made, short), { ...refused, message: /short\.mkv: expected frame 5/ });
  const shortClip = { ...made, clip: { ...made.clip, path: short } };
  await t.throwsAsync(measure(shortClip, made.truth), {
    ...refused,
    message: /truth\.mkv: expected 5 frames/,
  });
});

test('for an output with changed luma, the error says by how much', async (t) => {
  const made = await make(t, 5);
  const brighter = join(made.folder, 'brighter.mkv');
  await runFfmpeg(['-i', made.truth, '-vf', 'lutyuv=y=val+3', '-c:v', 'ffv1', brighter]);
  t.is((await measure(made, brighter)).lumaDifference, 3);
});
