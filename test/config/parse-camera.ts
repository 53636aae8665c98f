import { resolve } from 'node:path';
import test from 'ava';
import { parseCamera } from '../../src/config/parse-camera.ts';
import { configSchema } from '../../src/config/schema.ts';
import { AppError } from '../../src/errors.ts';

/** The default. */
const { api } = configSchema.parse({});
const everything = configSchema.parse({
  api: { sources: ['rtsp', 'file', 'device', 'test'], modelFolders: true },
}).api;

test('a camera that is added gets its defaults, and its files are beside the config', (t) => {
  const dir = resolve('/etc/chromafeed');
  const camera = parseCamera('door', { source: 'file:a.mp4' }, { hasRtsp: false, dir, api: everything });
  t.is(camera.source, `file:${resolve(dir, 'a.mp4')}`);
  t.is(camera.fps, 30);
});

test('nothing is substituted in an added camera, because whoever adds it may not read the environment', (t) => {
  const settings = { source: 'rtsp://h', name: '${HOME}' };
  t.is(parseCamera('door', settings, { hasRtsp: false, dir: '/', api }).name, '${HOME}');
});

test('one error lists all of its faults', (t) => {
  const settings = { source: 'x', fps: 0, rtsp: true, masks: [[]], url: 1 };
  const error = t.throws(() => parseCamera('Door', settings, { hasRtsp: false, dir: '/', api }), {
    instanceOf: AppError,
    code: 'USAGE',
  });
  t.deepEqual(error.message.split('\n'), [
    'camera: expected 1 to 64 of a-z, 0-9, "-" and "_", the first a letter or digit but got "Door"',
    'camera: fps: expected at least 0.2 but got 0',
    'camera: masks[0]: expected at least 3 entries but got 0',
    'camera: url: unknown key',
    'camera: source: expected a source that begins with rtsp:, rtsps:, http:, https:, file:, device:, test: but got none of them',
    'camera: rtsp: needs the section "rtsp", which is missing',
  ]);
});

for (const settings of [undefined, null, 5, 'rtsp://u:p@h', [], () => 1]) {
  test(`${typeof settings} ${String(settings)} is refused as a camera`, (t) => {
    t.throws(() => parseCamera('door', settings, { hasRtsp: true, dir: '/', api }), {
      instanceOf: AppError,
      code: 'USAGE',
    });
  });
}

for (const source of ['rtsp://h/1', 'rtsps://h/1', 'http://h/1', 'https://h/1']) {
  test(`the API may add ${source} by default`, (t) => {
    t.is(parseCamera('door', { source }, { hasRtsp: false, dir: '/', api }).source, source);
  });
}

for (const source of ['test:testsrc2', 'file:/etc/passwd', 'device:/dev/video0']) {
  const kind = source.split(':')[0] ?? '';
  test(`the API may add ${source} only where api.sources allows it`, (t) => {
    const add = (allowed: typeof api): unknown =>
      parseCamera('door', { source }, { hasRtsp: false, dir: '/', api: allowed });
    t.is(
      t.throws(() => add(api), { instanceOf: AppError, code: 'USAGE' }).message,
      `camera: source: expected rtsp:, rtsps:, http:, https: through the API but got ${kind}:; api.sources in the config allows others`,
    );
    t.notThrows(() => add(everything));
  });
}

for (const model of ['/tmp/evil', '../evil', './evil', 'models/evil', 'C:\\evil', '..', '.']) {
  test(`the API may name the model ${model} only where api.modelFolders allows it`, (t) => {
    const add = (allowed: typeof api): unknown =>
      parseCamera('door', { source: 'rtsp://h', model }, { hasRtsp: false, dir: '/', api: allowed });
    const { message } = t.throws(() => add(api), { instanceOf: AppError, code: 'USAGE' });
    t.regex(message, /^camera: model: expected the name of an installed model through the API/);
    t.notThrows(() => add(everything));
  });
}

test('the API may blend with a path only where api.modelFolders allows it', (t) => {
  const add = (blend: string, allowed: typeof api): unknown =>
    parseCamera('door', { source: 'rtsp://h', blend }, { hasRtsp: false, dir: '/', api: allowed });
  const { message } = t.throws(() => add('../evil=0.5', api), { instanceOf: AppError, code: 'USAGE' });
  t.regex(message, /^camera: blend: expected the name of an installed model through the API/);
  t.notThrows(() => add('../evil=0.5', everything));
  t.notThrows(() => add('trunk=0.5', api));
  t.throws(() => add('trunk=1.5', api), { message: /expected a model, "=" and its share between 0 and 1/ });
});

test('the API may name an installed model', (t) => {
  const settings = { source: 'rtsp://h', model: 'trunk' };
  t.is(parseCamera('door', settings, { hasRtsp: false, dir: '/', api }).model, 'trunk');
});
