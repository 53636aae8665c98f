import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { SizePx } from '../../../../src/frame.ts';
import { encodeJpeg } from '../../../../src/stream/pixels/jpeg/encode-jpeg.ts';
import { codingTables } from '../../../../src/stream/pixels/jpeg/tables.ts';
import { pixelMath, scalarMath } from '../../../../src/stream/pixels/pixel-math.ts';
import { runFfmpeg } from '../../../helpers/run-ffmpeg.ts';
import { seededRandom } from '../../../helpers/seeded.ts';

const film = fileURLToPath(new URL('../../../../../samples/his_girl_friday.mp4', import.meta.url));
const size = { widthPx: 200, heightPx: 150 };
const picture = runFfmpeg([
  ...['-i', film, '-frames:v', '1', '-vf', 'scale=200:150:out_range=pc,format=yuvj420p'],
  ...['-f', 'rawvideo', 'pipe:1'],
]).then(({ stdout }) => stdout);

for (const quality of [2, 5, 31]) {
  test(`at quality ${quality} a JPEG is as large and as near to the picture as ffmpeg's`, async (t) => {
    const source = await picture;
    const ours = encodeJpeg(sharedOf(source), size, quality);
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuvj420p', '-s', '200x150', '-i', 'pipe:0'];
    const args = [
      ...raw,
      '-c:v',
      'mjpeg',
      '-q:v',
      String(quality),
      '-huffman',
      'default',
      '-f',
      'mjpeg',
      'pipe:1',
    ];
    const { stdout: theirs } = await runFfmpeg(args, { input: [source] });
    t.true(Math.abs(ours.length / theirs.length - 1) < 0.02, `${ours.length} and ${theirs.length} bytes`);
    const [our, their] = [await errorOf(ours, source), await errorOf(theirs, source)];
    t.true(our < 1.02 * their, `mean squared errors ${our} and ${their}`);
  });
}

for (const [widthPx, heightPx] of [
  [64, 48],
  [2, 2],
  [34, 18],
  [200, 150],
] as const) {
  test(`the kernel writes the same ${widthPx} x ${heightPx} JPEG as TypeScript, also of noise`, (t) => {
    const random = seededRandom(widthPx);
    for (const spread of [0, 20, 256]) {
      const planes = noise({ widthPx, heightPx }, () => 128 + Math.round((random() - 0.5) * spread));
      for (const quality of [2, 31]) {
        const tables = codingTables(quality);
        const fast = pixelMath().codePlanes(planes, { widthPx, heightPx }, tables).slice();
        t.deepEqual(fast, scalarMath.codePlanes(planes, { widthPx, heightPx }, tables).slice());
      }
    }
  });
}

function noise({ widthPx, heightPx }: SizePx, next: () => number): Record<'y' | 'cb' | 'cr', Uint8Array> {
  const luma = widthPx * heightPx;
  return {
    y: new Uint8Array(luma).map(next),
    cb: new Uint8Array(luma / 4).map(next),
    cr: new Uint8Array(luma / 4).map(next),
  };
}

function sharedOf(bytes: Uint8Array): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  return memory;
}

/** Decodes a JPEG. @returns the mean squared error of all samples */
async function errorOf(jpeg: Uint8Array, source: Uint8Array): Promise<number> {
  const args = ['-f', 'mjpeg', '-i', 'pipe:0', '-pix_fmt', 'yuvj420p', '-f', 'rawvideo', 'pipe:1'];
  const { stdout: shown } = await runFfmpeg(args, { input: [jpeg] });
  return shown.reduce((sum, value, i) => sum + (value - (source[i] ?? 0)) ** 2, 0) / shown.length;
}
