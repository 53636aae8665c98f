import { resolve } from 'node:path';
import test from 'ava';
import { parseCamera } from '../../src/config/parse-camera.ts';
import { AppError } from '../../src/errors.ts';

test('a camera that is added gets its defaults, and its files are beside the config', (t) => {
  const dir = resolve('/etc/chromafeed');
  const camera = parseCamera('door', { source: 'file:a.mp4' }, { hasRtsp: false, dir });
  t.is(camera.source, `file:${resolve(dir, 'a.mp4')}`);
  t.is(camera.fps, 30);
});

test('nothing is substituted in it: whoever adds it may not read the environment', (t) => {
  const settings = { source: 'test:a', name: '${HOME}' };
  t.is(parseCamera('door', settings, { hasRtsp: false, dir: '/' }).name, '${HOME}');
});

test('all its faults come in one error', (t) => {
  const settings = { source: 'x', fps: 0, rtsp: true, masks: [[]], url: 1 };
  const error = t.throws(() => parseCamera('Door', settings, { hasRtsp: false, dir: '/' }), {
    instanceOf: AppError,
    code: 'USAGE',
  });
  t.deepEqual(error.message.split('\n'), [
    'camera: expected 1 to 64 of a-z, 0-9, "-" and "_", the first a letter or digit but got "Door"',
    'camera: fps: expected at least 0.2 but got 0',
    'camera: masks[0]: expected at least 3 entries but got 0',
    'camera: url: unknown key',
    'camera: source: expected a source that begins with rtsp:, rtsps:, http:, https:, file:, device:, test: but got none of them',
    'camera: rtsp: needs the section "rtsp", which is not there',
  ]);
});

for (const settings of [undefined, null, 5, 'rtsp://u:p@h', [], () => 1]) {
  test(`${typeof settings} ${String(settings)} is no camera`, (t) => {
    t.throws(() => parseCamera('door', settings, { hasRtsp: true, dir: '/' }), {
      instanceOf: AppError,
      code: 'USAGE',
    });
  });
}
