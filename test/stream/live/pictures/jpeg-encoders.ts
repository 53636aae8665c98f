import sharp from 'sharp';
import test from 'ava';
import { JpegEncoders } from '../../../../src/stream/live/pictures/jpeg-encoders.ts';
import { PixelPool } from '../../../../src/stream/pixels/pixel-pool.ts';

const pixels = new PixelPool(1);
test.after.always(() => pixels[Symbol.asyncDispose]());

/** A picture of one colour whose luma increases to the right. */
function ramp(widthPx: number, heightPx: number, cb: number, cr: number): Uint8Array {
  const luma = widthPx * heightPx;
  const data = new Uint8Array((luma * 3) / 2).fill(cb, luma, luma * 1.25).fill(cr, luma * 1.25);
  for (let i = 0; i < luma; i++) data[i] = Math.round((255 * (i % widthPx)) / (widthPx - 1));
  return data;
}

test('a picture comes back as a JPEG with its luma and its colour', async (t) => {
  const encoders = new JpegEncoders(2, pixels);
  const size = { widthPx: 128, heightPx: 96 };
  const jpeg = await encoders.encode({ size, data: ramp(128, 96, 100, 150) });
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  t.deepEqual([info.width, info.height, info.channels], [128, 96, 3]);
  let worst = 0;
  for (let x = 8; x < 120; x++) {
    const [r = 0, g = 0, b = 0] = data.subarray(3 * (48 * 128 + x), 3 * (48 * 128 + x) + 3);
    if (Math.min(r, g, b) === 0 || Math.max(r, g, b) === 255) continue; // out of gamut
    worst = Math.max(worst, Math.abs(0.299 * r + 0.587 * g + 0.114 * b - (255 * x) / 127));
  }
  t.true(worst < 3, `luma is off by ${worst}`);
  const middle = 3 * (48 * 128 + 64);
  t.true((data[middle] ?? 0) > (data[middle + 2] ?? 0) + 40, 'red is above blue');
});

test('each picture gets its own JPEG, also at sizes that are no multiple of 16', async (t) => {
  const encoders = new JpegEncoders(5, pixels);
  const size = { widthPx: 62, heightPx: 46 };
  const levels = Array.from({ length: 40 }, (_, i) => 20 + 5 * i);
  const jpegs = await Promise.all(
    levels.map((level) =>
      encoders.encode({ size, data: new Uint8Array(62 * 46 * 1.5).fill(128).fill(level, 0, 62 * 46) }),
    ),
  );
  const means = await Promise.all(
    jpegs.map(async (jpeg) => (await sharp(jpeg).stats()).channels[0]?.mean ?? 0),
  );
  means.forEach((mean, i) => t.true(Math.abs(mean - (levels[i] ?? 0)) < 2.5, `picture ${i}`));
});
