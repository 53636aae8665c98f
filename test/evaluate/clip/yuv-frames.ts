import { join } from 'node:path';
import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { grayOfLuma, readYuvFrames, rgbOfPlanes } from '../../../src/evaluate/clip/yuv-frames.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const { signal } = new AbortController();

/** Codes of the 100 % colour bars: ITU-R BT.801-1 (525 and 625 lines), BT.709 by its equations. */
const bars = {
  bt601: { red: [81, 90, 240], green: [145, 54, 34], blue: [41, 240, 110], white: [235, 128, 128] },
  bt709: { red: [63, 102, 240], green: [173, 42, 26], blue: [32, 240, 118], white: [235, 128, 128] },
} as const;
const colours = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255], white: [255, 255, 255] } as const;

for (const matrix of ['bt601', 'bt709'] as const) {
  test(`the codes of the colour bars are their colours in ${matrix}`, (t) => {
    for (const name of ['red', 'green', 'blue', 'white'] as const) {
      const rgb = rgbOfPlanes(Uint8Array.from(bars[matrix][name]), matrix);
      const error = Math.max(...rgb.map((value, i) => Math.abs(value - colours[name][i]!)));
      t.true(error <= 2, `${name}: ${rgb.join(' ')}`);
    }
  });
}

test('gray of luma spans black to white, and clips what lies outside', (t) => {
  const gray = grayOfLuma(Uint8Array.of(0, 16, 126, 235, 255));
  t.deepEqual([...gray], [0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255, 255, 255, 255]);
});

test("frames are ffmpeg's own R'G'B' except for rounding, with luma as stored", async (t) => {
  const folder = await tempFolder(t);
  const path = join(folder, 'clip.mkv');
  const tags = ['-pix_fmt', 'yuv420p', '-colorspace', 'bt709', '-color_range', 'tv', '-c:v', 'ffv1'];
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=size=98x64:rate=10', '-frames:v', '3', ...tags, path]);
  const raw = async (filter: string): Promise<Buffer> =>
    (await runFfmpeg(['-i', path, '-vf', filter, '-f', 'rawvideo', '-'])).stdout;
  const careful = 'flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';
  const toRgb = `scale=in_color_matrix=bt709:${careful},format=rgb24`;
  const luma = await raw('extractplanes=y');
  const rgb = await raw(`scale=${careful},format=yuv444p,${toRgb}`);
  let index = 0;
  const clip = { path, widthPx: 98, heightPx: 64, matrix: 'bt709' } as const;
  for await (const frame of readYuvFrames(clip, signal)) {
    t.deepEqual(Buffer.from(frame.luma), luma.subarray(index * 6272, (index + 1) * 6272));
    const expected = rgb.subarray(index * 18816, (index + 1) * 18816);
    const differences = frame.rgb.map((value, i) => Math.abs(value - expected[i]!));
    t.true(Math.max(...differences) <= 1);
    index += 1;
  }
  t.is(index, 3);
});

test('a file that is not a clip, and a clip of another size, are refused', async (t) => {
  const folder = await tempFolder(t);
  const missing = { path: join(folder, 'none.mkv'), widthPx: 2, heightPx: 2, matrix: 'bt601' } as const;
  await t.throwsAsync(readYuvFrames(missing, signal).next(), { instanceOf: AppError, code: 'FFMPEG_FAILED' });
  const path = join(folder, 'clip.mkv');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-frames:v', '1', '-c:v', 'ffv1', path]);
  const read = async (): Promise<void> => {
    for await (const frame of readYuvFrames({ ...missing, path, widthPx: 60, heightPx: 60 }, signal)) {
      t.is(frame.luma.length, 3600);
    }
  };
  await t.throwsAsync(read(), { instanceOf: AppError, code: 'INPUT_DAMAGED' });
});
