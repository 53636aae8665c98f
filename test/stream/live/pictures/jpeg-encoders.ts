import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import test from 'ava';
import { JpegEncoders } from '../../../../src/stream/live/pictures/jpeg-encoders.ts';
import { ffmpegsNaming } from '../../../helpers/program.ts';

/** A picture of one colour whose luma increases to the right. */
function ramp(widthPx: number, heightPx: number, cb: number, cr: number): Uint8Array {
  const luma = widthPx * heightPx;
  const data = new Uint8Array((luma * 3) / 2).fill(cb, luma, luma * 1.25).fill(cr, luma * 1.25);
  for (let i = 0; i < luma; i++) data[i] = Math.round((255 * (i % widthPx)) / (widthPx - 1));
  return data;
}

test('a picture comes back as a JPEG with its luma and its colour', async (t) => {
  await using encoders = new JpegEncoders(2);
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

test('pictures come back in order, from one process for all cameras', async (t) => {
  await using encoders = new JpegEncoders(5);
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
  t.is(ffmpegsNaming('62x46').length, 1);
});

test('an encoder that is killed fails its pictures, and the next picture starts another', async (t) => {
  await using encoders = new JpegEncoders(5);
  const size = { widthPx: 58, heightPx: 42 };
  const data = new Uint8Array(58 * 42 * 1.5).fill(128);
  await encoders.encode({ size, data });
  const pid = Number(pidOf('58x42'));
  process.kill(pid, 'SIGSTOP');
  const pending = encoders.encode({ size, data });
  process.kill(pid, 'SIGKILL');
  await t.throwsAsync(pending, { code: 'FFMPEG_FAILED' });
  t.true((await encoders.encode({ size, data })).length > 100);
});

test('an encoder that ends because it has no pictures does not affect its successor', async (t) => {
  await using encoders = new JpegEncoders(5, 50);
  const size = { widthPx: 50, heightPx: 34 };
  const encode = (): Promise<Uint8Array> =>
    encoders.encode({ size, data: new Uint8Array(50 * 34 * 1.5).fill(90) });
  await encode();
  const first = Number(pidOf('50x34'));
  process.kill(first, 'SIGSTOP');
  await delay(100); // it is idle for long enough, and cannot end
  await encode();
  const [second] = pidsOf('50x34').filter((pid) => Number(pid) !== first);
  t.truthy(second, 'the first is ending, its successor works');
  process.kill(first, 'SIGCONT');
  while (existsSync(`/proc/${first}`)) await encode();
  for (let i = 0; i < 5; i++) await encode();
  t.deepEqual(pidsOf('50x34'), [second]);
});

test('no process is left behind, not even one that was ending', async (t) => {
  {
    await using encoders = new JpegEncoders(5, 20);
    await encoders.encode({
      size: { widthPx: 46, heightPx: 30 },
      data: new Uint8Array(46 * 30 * 1.5).fill(90),
    });
    await delay(40);
  }
  t.is(ffmpegsNaming('46x30').length, 0);
});

test('no process is left behind', async (t) => {
  {
    await using encoders = new JpegEncoders(5);
    await encoders.encode({
      size: { widthPx: 54, heightPx: 38 },
      data: new Uint8Array(54 * 38 * 1.5).fill(90),
    });
    t.is(ffmpegsNaming('54x38').length, 1);
  }
  t.is(ffmpegsNaming('54x38').length, 0);
});

function pidOf(text: string): string {
  const [found] = pidsOf(text);
  if (found === undefined) throw new Error(`no ffmpeg names ${text}`);
  return found;
}

function pidsOf(text: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return line.startsWith('ffmpeg') && line.includes(text);
    } catch {
      return false; // it ended in the meantime
    }
  });
}
