import test from 'ava';
import { ffmpegCoders, ffmpegVersion, parseVersion } from '../../../src/ingest/ffmpeg/capabilities.ts';
import { ffmpegPaths } from '../../helpers/run-ffmpeg.ts';

for (const path of ffmpegPaths) {
  test(`${path} reports its version, encoders and decoders`, async (t) => {
    t.true((await ffmpegVersion(path)).major >= 5);
    const [encoders, decoders] = [await ffmpegCoders('encoders', path), await ffmpegCoders('decoders', path)];
    for (const name of ['libx264', 'ffv1', 'rawvideo', 'prores_ks']) t.true(encoders.has(name), name);
    for (const name of ['h264', 'av1', 'prores', 'png', 'dpx']) t.true(decoders.has(name), name);
    t.false(decoders.has('prores_ks'));
    t.false(encoders.has('='));
  });
}

test('versions are read from releases, packages and development builds', (t) => {
  const majorMinor = (text: string): number[] => {
    const { major, minor } = parseVersion(`ffmpeg version ${text} Copyright (c) 2000-2026`);
    return [major, minor];
  };
  t.deepEqual(majorMinor('5.1.9-0+deb12u1'), [5, 1]);
  t.deepEqual(majorMinor('n7.0.2'), [7, 0]);
  t.deepEqual(majorMinor('7.0.2-static'), [7, 0]);
  t.deepEqual(majorMinor('N-118000-g0123456'), [99, 0]);
});

test('a missing ffmpeg is named with what to install', async (t) => {
  const error = await t.throwsAsync(ffmpegVersion('/nowhere/ffmpeg'), { code: 'FFMPEG_MISSING' });
  t.true('cure' in error && /apt-get install ffmpeg/.test(String(error.cure)));
});
