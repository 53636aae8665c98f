/** Tests which pictures are read, and in which formats they are written. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import sharp, { type Sharp } from 'sharp';
import { openFilmResources, type FilmResources } from '../../../../src/stream/film/film-resources.ts';
import { colorizeImage } from '../../../../src/stream/film/still/colorize-image.ts';
import { runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../../../helpers/small-embedding.ts';

let resources: FilmResources & AsyncDisposable;

test.before(async () => {
  resources = await openFilmResources({ model: 'starter', embedding: smallEmbedding, device: 'cpu' });
});
test.after.always(() => resources[Symbol.asyncDispose]());

/** Three gray pages of 64 x 48, one below the other. */
function pages(): Sharp {
  const [width, height] = [64, 48];
  const samples = Uint8Array.from({ length: 9 * width * height }, (_, i) => (Math.floor(i / 3) * 5) % 239);
  return sharp(samples, { raw: { width, height: 3 * height, channels: 3, pageHeight: height } });
}

for (const extension of ['bmp', 'tga', 'pgm', 'ppm', 'jp2', 'pcx', 'sgi']) {
  test(`a .${extension} becomes a PNG with the same luma, and a notice says so`, async (t) => {
    const input = join(await tempFolder(t), `scan.${extension}`);
    await runFfmpeg([
      ...['-i', 'samples/his_girl_friday.mp4', '-frames:v', '1', '-vf', 'scale=96:64,format=gray'],
      ...[...(extension === 'pgm' ? [] : ['-pix_fmt', 'rgb24']), input],
    ]);
    const { bytes, format, notices, hadColor } = await colorizeImage(input, { size: 64, resources });
    t.is(format, 'png');
    t.false(hadColor);
    t.regex(notices.join(), /so the result is png/);
    const { stdout } = await runFfmpeg(['-i', input, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
    const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const luma = (rgb: Uint8Array, i: number): number =>
      Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!);
    t.is(data.length, stdout.length);
    const isSame = Array.from(
      { length: data.length / 3 },
      (_, i) => Math.abs(luma(data, i) - luma(stdout, i)) <= 1,
    );
    t.true(isSame.every(Boolean));
  });
}

test('the resolution of a BMP is kept', async (t) => {
  const input = join(await tempFolder(t), 'scan.bmp');
  await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=s=64x48,format=bgr24', '-frames:v', '1', input]);
  const file = await readFile(input);
  file.writeInt32LE(23_622, 38); // 600 dots per inch
  file.writeInt32LE(23_622, 42);
  await writeFile(input, file);
  for (const format of ['png', 'tiff'] as const) {
    const { bytes } = await colorizeImage(input, { size: 64, resources, format });
    t.is((await sharp(bytes).metadata()).density, 600, format);
  }
});

test("a file that only looks like a BMP is refused with ffmpeg's message", async (t) => {
  const input = join(await tempFolder(t), 'scan.bmp');
  await writeFile(input, 'no picture');
  const error = await t.throwsAsync(colorizeImage(input, { size: 64, resources }), {
    code: 'INPUT_UNSUPPORTED',
  });
  t.regex(error.message, /scan\.bmp.*ffmpeg says/);
});

test('every picture of an animated WebP is coloured, with its delays and its loop', async (t) => {
  const input = await pages()
    .webp({ delay: [100, 200, 300], loop: 4, lossless: true })
    .toBuffer();
  const result = await colorizeImage(input, { size: 64, resources });
  t.is(result.pages, 3);
  const told = await sharp(result.bytes).metadata();
  t.deepEqual([told.pages, told.delay, told.loop], [3, [100, 200, 300], 4]);
  t.regex(told.xmpAsString ?? '', /compositeWithTrainedAlgorithmicMedia/);
  for (let page = 0; page < 3; page++) t.true(await hasColor(result.bytes, page), `picture ${page}`);
});

test('every page of a TIFF is coloured', async (t) => {
  const { bytes } = await colorizeImage(await pages().tiff().toBuffer(), { size: 64, resources });
  t.is((await sharp(bytes).metadata()).pages, 3);
  for (let page = 0; page < 3; page++) t.true(await hasColor(bytes, page), `page ${page}`);
});

test('several pictures are refused for a format that holds one, and an animated PNG is refused by name', async (t) => {
  const input = await pages()
    .webp({ delay: [100, 100, 100] })
    .toBuffer();
  const one = await t.throwsAsync(colorizeImage(input, { format: 'png', size: 64, resources }), {
    code: 'USAGE',
  });
  t.regex(one.message, /3 pictures/);
  const animated = withChunk(await sharp(input).png().toBuffer(), 'acTL', Buffer.alloc(8, 1));
  const error = await t.throwsAsync(colorizeImage(animated, { size: 64, resources }), {
    code: 'INPUT_UNSUPPORTED',
  });
  t.regex(error.message, /animated PNG/);
});

async function hasColor(bytes: Uint8Array, page: number): Promise<boolean> {
  const { channels } = await sharp(bytes, { page }).stats();
  return channels[0]?.mean !== channels[2]?.mean;
}

/** A PNG with an additional chunk after its header. */
function withChunk(png: Buffer, type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([png.subarray(0, 33), length, body, sum, png.subarray(33)]);
}
