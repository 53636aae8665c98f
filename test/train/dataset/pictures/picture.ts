import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp, { type Sharp } from 'sharp';
import { separate } from '../../../../src/train/dataset/pictures/picture-planes.ts';
import { readPicture } from '../../../../src/train/dataset/pictures/read-picture.ts';
import { chooseShape, shapesOf } from '../../../../src/train/dataset/pictures/shapes.ts';
import { sizeName } from '../../../../src/train/dataset/shards/sample.ts';
import { tempFolder } from '../../../helpers/run-ffmpeg.ts';

const shapes = shapesOf(144);

test('a short side of 144 has seven shapes', (t) => {
  t.deepEqual(shapes.map(sizeName), [
    ...['144x144', '192x144', '144x192', '216x144', '144x216', '256x144', '144x256'],
  ]);
});

test('all sides of all shapes are multiples of 8', (t) => {
  for (const shortSidePx of [64, 88, 104, 144, 200])
    for (const { widthPx, heightPx } of shapesOf(shortSidePx)) t.is((widthPx | heightPx) % 8, 0);
});

const isCutTo = test.macro<[number, number, string | undefined]>({
  exec(t, widthPx, heightPx, shape) {
    const chosen = chooseShape({ widthPx, heightPx }, shapes);
    t.is(chosen && sizeName(chosen), shape);
  },
  title: (_, width, height, shape) => `${width} x ${height} is ${shape ? `cut to ${shape}` : 'too small'}`,
});

test(isCutTo, 1920, 1080, '256x144');
test(isCutTo, 1000, 1000, '144x144');
test(isCutTo, 4000, 3000, '192x144');
test(isCutTo, 3000, 4500, '144x216');
test(isCutTo, 480, 800, '144x256');
test(isCutTo, 215, 144, '216x144');
test(isCutTo, 5000, 300, '256x144');
test(isCutTo, 192, 128, '216x144');
test(isCutTo, 150, 100, undefined);

type Triple = readonly [number, number, number];
const colorIs = test.macro<[Triple, number, readonly [number, number]]>({
  exec(t, rgb, luma, ab) {
    const planes = separate(Uint8Array.from(rgb), { widthPx: 1, heightPx: 1 });
    t.is(planes.luma[0], luma);
    t.deepEqual([...planes.ab], ab);
  },
  title: (_, rgb, luma, ab) => `sRGB ${rgb.join(', ')} is luma ${luma} with a*, b* ${ab.join(', ')}`,
});

// a*, b* from Bruce Lindbloom's CIE Colour Calculator (sRGB, D65, no adaptation), rounded; luma by BT.601.
test(colorIs, [255, 0, 0], 76, [80, 67]);
test(colorIs, [0, 255, 0], 150, [-86, 83]);
test(colorIs, [0, 0, 255], 29, [79, -108]);
test(colorIs, [255, 255, 0], 226, [-22, 94]);
test(colorIs, [128, 128, 128], 128, [0, 0]);

async function save(t: ExecutionContext, picture: Sharp, name = 'picture.png'): Promise<string> {
  const path = join(await tempFolder(t), name);
  await picture.toFile(path);
  return path;
}

/** A picture with a red half on the left and a blue half on the right. */
function halves(widthPx: number, heightPx: number): Sharp {
  const rgb = Uint8Array.from({ length: 3 * widthPx * heightPx }, (_, i) => {
    const isRed = Math.floor(i / 3) % widthPx < widthPx / 2;
    return i % 3 === (isRed ? 0 : 2) ? 255 : 0;
  });
  return sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 } });
}

test('a picture is shrunk, and cut around its centre', async (t) => {
  const picture = await readPicture(await save(t, halves(800, 300)), shapes);
  if ('reason' in picture) return t.fail(picture.detail);
  t.is(sizeName(picture.size), '256x144');
  t.is(picture.luma.length, 256 * 144);
  t.is(picture.luma[0], 76);
  t.is(picture.luma[255], 29);
  t.deepEqual([picture.ab[0], picture.ab[256 * 144]], [80, 67]);
});

test('a picture that a camera rotated becomes upright', async (t) => {
  const path = await save(t, halves(400, 300).withMetadata({ orientation: 6 }), 'turned.png');
  const picture = await readPicture(path, shapes);
  if ('reason' in picture) return t.fail(picture.detail);
  t.is(sizeName(picture.size), '144x192');
  t.is(picture.luma[0], 76);
  t.is(picture.luma[143], 76);
  t.is(picture.luma.at(-1), 29);
});

test('transparent pixels become white', async (t) => {
  const clear = sharp({ create: { width: 200, height: 200, channels: 4, background: '#ff000000' } });
  const picture = await readPicture(await save(t, clear), shapes);
  if ('reason' in picture) return t.fail(picture.detail);
  t.deepEqual([picture.luma[0], picture.ab[0]], [255, 0]);
});

test('a picture without colour channels is gray, a truncated one is unreadable', async (t) => {
  const gray = await save(t, halves(200, 200).toColourspace('b-w'));
  t.like(await readPicture(gray, shapes), { reason: 'gray' });
  const whole = await halves(600, 600).jpeg().toBuffer();
  const path = join(await tempFolder(t), 'cut.jpg');
  await writeFile(path, whole.subarray(0, whole.length / 2));
  t.like(await readPicture(path, shapes), { reason: 'unreadable' });
});
