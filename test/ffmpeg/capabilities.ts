import test from 'ava';
import { ffmpegCapabilities, parseVersion } from '../../src/ffmpeg/capabilities.ts';
import { ffmpegPaths } from '../helpers/run-ffmpeg.ts';

for (const path of ffmpegPaths) {
  test(`${path} tells its encoders and decoders`, async (t) => {
    const capabilities = await ffmpegCapabilities(path);
    t.true(capabilities.version.major >= 5);
    for (const name of ['libx264', 'ffv1', 'rawvideo', 'prores_ks'])
      t.true(capabilities.encoders.has(name), name);
    for (const name of ['h264', 'av1', 'prores', 'png', 'dpx']) t.true(capabilities.decoders.has(name), name);
    t.false(capabilities.encoders.has('='));
    t.is(await ffmpegCapabilities(path), capabilities);
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
  const error = await t.throwsAsync(ffmpegCapabilities('/nowhere/ffmpeg'), { code: 'FFMPEG_MISSING' });
  t.true('cure' in error && /apt-get install ffmpeg/.test(String(error.cure)));
});
