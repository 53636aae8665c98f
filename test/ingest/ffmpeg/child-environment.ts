import test from 'ava';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { childEnvironment } from '../../../src/ingest/ffmpeg/child-environment.ts';
import { startFfmpeg } from '../../../src/ingest/ffmpeg/process.ts';

test('ffmpeg gets what it needs from the environment, and nothing else', (t) => {
  const needed = {
    PATH: '/bin',
    LD_LIBRARY_PATH: '/opt/lib',
    HOME: '/home/me',
    TMPDIR: '/tmp',
    LC_ALL: 'C',
    TZ: 'UTC',
    https_proxy: 'http://proxy:3128',
    NO_PROXY: 'localhost',
    SSL_CERT_FILE: '/etc/ca.pem',
    CUDA_VISIBLE_DEVICES: '0',
    LIBVA_DRIVER_NAME: 'iHD',
  };
  const kept = {
    DOOR_PASSWORD: 's3cret',
    CUDA_PASSWORD: 's3cret',
    PATH_PASSWORD: 's3cret',
    AWS_SECRET_ACCESS_KEY: 's3cret',
    NODE_OPTIONS: '--inspect',
    FFREPORT: 'file=/tmp/report',
    LD_PRELOAD: '/tmp/evil.so',
  };
  t.deepEqual(childEnvironment({ ...needed, ...kept }), needed);
});

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip;

onLinux("no password of this program's environment is in the environment of its ffmpeg", async (t) => {
  process.env['CHROMAFEED_TEST_PASSWORD'] = 'a-password-of-the-config';
  t.teardown(() => delete process.env['CHROMAFEED_TEST_PASSWORD']);
  const args = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64', '-f', 'rawvideo', 'pipe:1'];
  const { signal } = new AbortController();
  await using ffmpeg = startFfmpeg({ name: 'test', args, stdout: 'pipe', signal });
  await once(ffmpeg.stdout, 'readable');
  const environment = readFileSync(`/proc/${ffmpeg.pid ?? 0}/environ`, 'utf8');
  t.regex(environment, /(?:^|\0)PATH=/);
  t.false(environment.includes('a-password-of-the-config'), environment);
});
