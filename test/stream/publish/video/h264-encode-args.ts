import test from 'ava';
import { limitedRangeFilters } from '../../../../src/stream/publish/video/h264-encode-args.ts';
import { runFfmpeg } from '../../../helpers/run-ffmpeg.ts';

const size = 32;
const lumaBytes = size * size;

/** All levels of each plane, as 4:2:0. */
function everyLevel(): Uint8Array {
  const planes = new Uint8Array(lumaBytes * 1.5);
  for (let i = 0; i < planes.length; i++) planes[i] = i % 256;
  return planes;
}

async function convert(picture: Uint8Array, filters: string): Promise<Buffer> {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p'];
  const { stdout } = await runFfmpeg(
    [...raw, '-s', `${size}x${size}`, '-i', 'pipe:0', '-vf', filters, ...raw, 'pipe:1'],
    { input: [picture] },
  );
  return stdout;
}

test('every level is converted to limited range as in BT.601, rounded to nearest', async (t) => {
  const full = everyLevel();
  const limited = await convert(full, limitedRangeFilters);
  t.is(limited.length, full.length);
  for (const [i, level] of full.entries()) {
    const expected = i < lumaBytes ? 16 + (level * 219) / 255 : 128 + ((level - 128) * 224) / 255;
    t.true(Math.abs((limited[i] ?? NaN) - expected) <= 0.5, `${i}: ${level} became ${limited[i]}`);
  }
});

test("ffmpeg's conversion back to full range gives every level within 1", async (t) => {
  const full = everyLevel();
  const limited = await convert(full, limitedRangeFilters);
  const back = await convert(limited, 'scale=in_range=tv:out_range=pc,format=yuv420p');
  for (const [i, level] of full.entries())
    t.true(Math.abs((back[i] ?? NaN) - level) <= 1, `${i}: ${level} came back as ${back[i]}`);
});
