import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { openFilmResources, type FilmResources } from '../../../../src/stream/film/film-resources.ts';
import { colorizeImage } from '../../../../src/stream/film/still/colorize-image.ts';
import { runFfmpeg, tempFolder } from '../../../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../../../helpers/small-embedding.ts';

let resources: FilmResources & AsyncDisposable;

test.before(async () => {
  resources = await openFilmResources({ model: 'starter', embedding: smallEmbedding, device: 'cpu' });
});
test.after.always(() => resources[Symbol.asyncDispose]());

test('bytes of a gray picture become bytes of a coloured picture in the same format', async (t) => {
  const { bytes, format, hadColor } = await colorizeImage(await grayPng(), { resources });
  t.is(format, 'png');
  t.false(hadColor);
  const { channels } = await sharp(bytes).stats();
  t.not(channels[0]?.mean, channels[2]?.mean);
  t.regex((await sharp(bytes).metadata()).xmpAsString ?? '', /compositeWithTrainedAlgorithmicMedia/);
});

test('with a path and an output, the file is written in the format of its name, and no file is replaced', async (t) => {
  const folder = await tempFolder(t);
  const [input, output] = [join(folder, 'in.png'), join(folder, 'new', 'out.jpg')];
  await writeFile(input, await grayPng());
  const { bytes, format } = await colorizeImage(input, { output, resources });
  t.is(format, 'jpeg');
  t.deepEqual(new Uint8Array(await readFile(output)), new Uint8Array(bytes));
  await t.throwsAsync(colorizeImage(input, { output, resources }), { code: 'OUTPUT_EXISTS' });
  await t.notThrowsAsync(colorizeImage(input, { output, overwrite: true, resources }));
  t.false(existsSync(`${output}.new`));
});

test('input that is not a picture is refused', async (t) => {
  const noise = new TextEncoder().encode('no picture');
  await t.throwsAsync(colorizeImage(noise, { resources }), { code: 'INPUT_UNSUPPORTED' });
  await t.throwsAsync(colorizeImage('none.png', { resources }), { code: 'INPUT_MISSING' });
});

async function grayPng(): Promise<Uint8Array> {
  const { stdout } = await runFfmpeg([
    ...['-i', 'samples/his_girl_friday.mp4', '-frames:v', '1', '-vf', 'scale=192:144,format=gray'],
    ...['-c:v', 'png', '-f', 'image2pipe', '-'],
  ]);
  return new Uint8Array(stdout);
}
