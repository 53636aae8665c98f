import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig, parseConfig } from '../../src/config/load-config.ts';
import { AppError } from '../../src/errors.ts';
import { defaultModel } from '../../src/model/default-model.ts';
import { faultsOf } from '../helpers/config-faults.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

test('one error lists all faults, each with its line, its column, its setting and a suggestion', (t) => {
  const text = `server:
  port: 70000
  users: 5
cameras:
  Front Door:
    source: test:testsrc2
  door:
    url: rtsp://192.0.2.1/
    fps: 0
    size: big
    night: { show: grey }
  gate:
    source: rstp://192.0.2.1/
    name: 42
    satuartion: 1
    stall_s: 8
    enabled: yes
`;
  t.deepEqual(faultsOf(text), [
    '2:9: server.port: expected at most 65535 but got 70000',
    '3:10: server.users: expected a list but got 5',
    '5:3: cameras["Front Door"]: expected 1 to 64 of a-z, 0-9, "-" and "_", the first a letter or digit',
    '7:3: cameras.door.source: missing',
    '8:5: cameras.door.url: unknown key; did you mean "source"?',
    '9:10: cameras.door.fps: expected at least 0.2 but got 0',
    '10:11: cameras.door.size: expected WIDTHxHEIGHT such as 1280x720 but got "big"',
    '11:20: cameras.door.night.show: expected one of gray, background, color but got "grey"; did you mean "gray"?',
    '13:13: cameras.gate.source: expected a source that begins with rtsp:, rtsps:, http:, https:, file:, device:, test: but got rstp://; did you mean "rtsp"?',
    '14:11: cameras.gate.name: expected text but got 42; put it in quotes',
    '15:5: cameras.gate.satuartion: unknown key; did you mean "saturation"?',
    '16:5: cameras.gate.stall_s: unknown key; did you mean "stallS"?',
    '17:14: cameras.gate.enabled: expected true or false but got "yes"',
  ]);
});

test('the error names the file as the user did, and has exit code 2 and the faults as data', async (t) => {
  const file = join(await tempFolder(t), 'cameras.yaml');
  await writeFile(file, 'cameras:\n  door:\n    source: test:testsrc2\n    fps: 500\n');
  const error = await t.throwsAsync(loadConfig(file), { instanceOf: AppError, code: 'CONFIG_INVALID' });
  t.is(error.message, `${file}:4:10: cameras.door.fps: expected at most 120 but got 500`);
  t.is(error.exitCode, 2);
  t.deepEqual(error.details['faults'], [
    { line: 4, column: 10, path: 'cameras.door.fps', text: 'expected at most 120 but got 500' },
  ]);
  t.is(error.cause, undefined, "zod's own words could repeat a secret");
});

const broken: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', '', ['1:1: expected settings but got nothing']],
  ['comments alone', '# nothing\n', ['1:1: expected settings but got nothing']],
  ['a list', '- a\n', ['1:1: expected a mapping but got a list']],
  ['a word', 'hello\n', ['1:1: expected a mapping but got "hello"']],
  ['a section without settings', 'cameras:\n', ['1:1: cameras: expected a mapping but got nothing']],
  [
    'a quote that is not closed',
    'server:\n  host: "a\n',
    ['3:1: not YAML: a quote, bracket, comma, colon or space is missing'],
  ],
  ['a tab', 'server:\n\tport: 1\n', ['2:1: not YAML: a tab cannot indent; use spaces']],
  ['two colons', 'server: port: 1\n', ['1:9: not YAML: a second ": " in one line; put the value in quotes']],
  [
    'a variable inside braces',
    'server: { port: ${PORT} }\n',
    ['1:18: not YAML: unexpected text; inside { } and [ ] a ${NAME} must be in quotes'],
  ],
  [
    'two documents',
    'log: {}\n---\nlog: {}\n',
    ['2:1: not YAML: a second document begins ("---"); expected one'],
  ],
  ['a tag', 'log: !secret x\n', ['1:6: not YAML: tags (!name) are not supported']],
  ['a mapping as key', '? { a: 1 }\n: 2\n', ['1:3: expected a word as key']],
  ['__proto__', 'cameras: { __proto__: {} }\n', ['1:12: cameras.__proto__: expected another id']],
  ...['https://wall.example:84430', 'https://[wall', 'https://a;b'].map(
    (origin) =>
      [
        `${origin} as origin`,
        `server: { origins: ["${origin}"] }\n`,
        [
          '1:21: server.origins[0]: expected an origin such as https://wall.example:8443, without a path but got other text',
        ],
      ] as const,
  ),
  [
    'keys that come twice',
    'log: {}\ncameras:\n  a: { source: "test:testsrc" }\n  a: { source: "test:testsrc2" }\nlog: {}\n',
    ['4:3: cameras.a: this key is already in line 3', '5:1: log: this key is already in line 1'],
  ],
];

for (const [name, text, faults] of broken) {
  test(`${name}: refused with position and reason`, (t) => t.deepEqual(faultsOf(text), faults));
}

const aliasFault =
  '1:1: not YAML: an alias (*name) without its anchor before it or inside it, a "<<" with something other than a mapping, or more than 2000 aliases';
const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefghi'.split('').map((name, i) => {
    const before = 'abcdefgh'.charAt(i);
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
  }),
].join('\n');

for (const [name, text] of [
  ['a bomb of aliases', bomb],
  ['an alias to nothing', 'log: *nothing\n'],
  ['a mapping that is merged into itself', 'log: &a\n  <<: *a\n'],
  ['a merge of a word', 'log:\n  <<: word\n'],
] as const) {
  test(`${name} is refused`, (t) => t.deepEqual(faultsOf(text), [aliasFault]));
}

test('a list that contains itself is refused with the expected type', (t) => {
  t.deepEqual(faultsOf('cameras: &a [*a]\n'), ['1:13: cameras: expected a mapping but got a list']);
});

test('brackets that are nested too deeply are refused, not followed', (t) => {
  t.deepEqual(faultsOf(`log: {}\ncameras:\n  ${'['.repeat(250_000)}`), ['3:65: not YAML: nested too deeply']);
  t.deepEqual(faultsOf('{a: '.repeat(65_000)), ['1:253: not YAML: nested too deeply']);
  t.deepEqual(faultsOf('- '.repeat(130_000)), ['1:127: not YAML: nested too deeply']);
});

test('a file of 10 MB is refused without being read', async (t) => {
  const file = join(await tempFolder(t), 'c.yaml');
  await writeFile(file, Buffer.alloc(10_000_000, 'a'));
  const error = await t.throwsAsync(loadConfig(file), { instanceOf: AppError, code: 'CONFIG_INVALID' });
  t.is(error.message, `${file}:1:1: expected at most 262144 bytes but got more`);
});

test('a file that is not text is refused', async (t) => {
  const file = join(await tempFolder(t), 'c.yaml');
  await writeFile(file, Uint8Array.of(0xff, 0xfe, 0x61, 0));
  const error = await t.throwsAsync(loadConfig(file), { instanceOf: AppError, code: 'CONFIG_INVALID' });
  t.is(error.message, `${file}:1:1: expected text in UTF-8 but got other bytes`);
});

test('a missing file and a folder are missing inputs', async (t) => {
  const folder = await tempFolder(t);
  for (const [path, reason] of [
    [join(folder, 'none.yaml'), 'no such file'],
    [folder, 'expected a file but got a folder'],
  ] as const) {
    const error = await t.throwsAsync(loadConfig(path), { instanceOf: AppError, code: 'INPUT_MISSING' });
    t.is(error.message, `${path}: ${reason}`);
  }
});

test('after a hundred faults the rest are counted', (t) => {
  const text = Array.from({ length: 150 }, (_, i) => `key${i}: 1\n`).join('');
  const lines = faultsOf(text);
  t.is(lines.length, 101);
  t.is(lines.at(-1), '... and 50 more');
});

test('the 257th camera is one too many', (t) => {
  const cameras = Array.from({ length: 257 }, (_, i) => `  c${i}: { source: "test:testsrc" }\n`).join('');
  t.deepEqual(faultsOf(`cameras:\n${cameras}`), ['2:3: cameras: expected at most 256 cameras but got 257']);
});

test('defaults are filled in, and a file that begins with a byte order mark is read', (t) => {
  const { config } = parseConfig('\ufeffcameras: { door: { source: "test:testsrc2" } }', 'c.yaml', {});
  t.is(config.server.host, '127.0.0.1');
  t.is(config.engine.model, defaultModel);
  t.is(config.rtsp, undefined);
  const door = config.cameras['door'];
  t.is(door?.transport, 'tcp');
  t.deepEqual(door?.night, { show: 'color', detect: 'auto', darkness: 24, from: '20:00', to: '06:00' });
});

test('names of files are absolute and relative to the config, even through a link', async (t) => {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'real'));
  await writeFile(
    join(folder, 'real/c.yaml'),
    `server: { tls: { cert: tls/cert.pem, key: /keys/key.pem } }
engine: { model: ./mine, embedding: inception.onnx }
cameras:
  a: { source: "file:films/a b.mp4", model: starter }
  b: { source: "file:/films/b.mp4", model: ../other }
  c: { source: "file:///films/c%20d.mp4" }
  d: { source: "device:/dev/video0" }
`,
  );
  await symlink('real/c.yaml', join(folder, 'c.yaml'));
  const { config, dir, path } = await loadConfig(join(folder, 'c.yaml'));
  t.is(dir, folder);
  t.is(path, join(folder, 'c.yaml'));
  t.deepEqual(config.server.tls, { cert: join(folder, 'tls/cert.pem'), key: '/keys/key.pem' });
  t.is(config.engine.model, join(folder, 'mine'));
  t.is(config.engine.embedding, join(folder, 'inception.onnx'));
  t.deepEqual(
    Object.values(config.cameras).map(({ source, model }) => [source, model]),
    [
      [`file:${folder}/films/a b.mp4`, 'starter'],
      ['file:/films/b.mp4', join(folder, '../other')],
      ['file:/films/c d.mp4', undefined],
      ['device:/dev/video0', undefined],
    ],
  );
});

test('256 cameras may share their settings by anchor and merge', (t) => {
  const others = Array.from({ length: 255 }, (_, i) => `  c${i}:\n    <<: *all\n    name: C${i}\n`).join('');
  const { config } = parseConfig(
    `cameras:\n  first: &all\n    source: test:testsrc2\n    fps: 5\n${others}`,
    'c',
    {},
  );
  t.is(Object.keys(config.cameras).length, 256);
  t.true(Object.values(config.cameras).every(({ fps }) => fps === 5));
  t.deepEqual(
    faultsOf(`cameras:\n  first: &all\n    source: test:testsrc2\n    fps: 500\n  b:\n    <<: *all\n`),
    [
      '4:10: cameras.first.fps: expected at most 120 but got 500',
      '4:10: cameras.b.fps: expected at most 120 but got 500',
    ],
  );
});
