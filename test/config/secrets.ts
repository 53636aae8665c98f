import test from 'ava';
import { configSchema } from '../../src/config/schema.ts';
import { parseCamera } from '../../src/config/parse-camera.ts';
import { keysAt } from '../../src/config/schema-walk.ts';
import { AppError } from '../../src/errors.ts';
import { faultsOf } from '../helpers/config-faults.ts';

const secret = 'hunter2hunter2';
const { api } = configSchema.parse({});

/** Configs with a password in places where it is allowed and where it is not. */
const files: readonly string[] = [
  `cameras: { door: { source: "${secret}" } }`,
  `cameras: { door: { source: "admin:${secret}@192.0.2.1" } }`,
  `cameras: { door: { source: "rtsp://admin:${secret}@" } }`,
  `cameras: { door: { source: "rtsp://admin:${secret}\\u0000@h" } }`,
  `cameras: { door: { source: ["${secret}"] } }`,
  `cameras: { door: { source: { url: "${secret}" } } }`,
  `cameras: { door: "rtsp://admin:${secret}@h" }`,
  `cameras: ["rtsp://admin:${secret}@h"]`,
  `cameras: "rtsp://admin:${secret}@h"`,
  `cameras: { "rtsp://admin:${secret}@h": { source: 1 } }`,
  `cameras: { door: { name: "rtsp://admin:${secret}@h", size: "rtsp://admin:${secret}@h" } }`,
  `server: { users: [{ name: a, tokenHash: b, cameras: ["rtsp://admin:${secret}@i"] }] }\ncameras: { "rtsp://admin:${secret}@h": {} }`,
  `server: { users: [{ name: a, tokenHash: b, cameras: ["x${secret.slice(1)}@"] }] }\ncameras: { "${secret}@": {} }`,
  `"rtsp://admin:${secret}@h"`,
  `server: { users: [{ name: a, tokenHash: "${secret}" }] }`,
  `server: { users: [{ name: a, tokenHash: ["${secret}"] }] }`,
  `cluster: { secret: "${secret}" }`,
  `cluster: { secret: ["${secret}"], redis: { password: ["${secret}"], url: ["redis://:${secret}@h"] } }`,
  `cluster: { address: "ws://admin:${secret}@h", redis: "redis://:${secret}@h" }`,
  `server: { origins: ["https://admin:${secret}@h"] }`,
  `cameras:\n  door:\n    source: rtsp://admin:${secret}@h: [\n`,
  `cameras:\n  door:\n    source: "rtsp://admin:${secret}@h\n`,
  `cameras:\n  door: source: rtsp://admin:${secret}@h\n`,
  `cameras:\n\tdoor: rtsp://admin:${secret}@h\n`,
  `cameras:\n  door:\n    source: "\\q${secret}"\n`,
  `cameras:\n  door:\n    source: !${secret} x\n`,
  `cameras:\n  door:\n    source: *${secret}\n`,
  `cameras:\n  door:\n    source: x\n  - ${secret}\n`,
];

for (const [i, file] of files.entries()) {
  test(`no message contains a password from the file (${i})`, (t) => {
    const faults = faultsOf(file);
    t.true(faults.length > 0);
    t.notRegex(faults.join('\n'), new RegExp(secret));
  });
}

/** All settings with a plain value, by path. */
function settingPaths(): (string | number)[][] {
  const camera = ['cameras', 'door'];
  const holders: (string | number)[][] = [
    ...['server', 'engine', 'publish', 'rtsp', 'log'].map((section) => [section]),
    ...[['server', 'tls'], ['server', 'users', 0], camera, [...camera, 'night'], [...camera, 'embedding']],
    [...camera, 'masks', 0],
  ];
  return holders.flatMap((path) => keysAt(configSchema, path).map((key) => [...path, key]));
}

/** Makes YAML with one value at a path. */
function yamlWith(path: readonly (string | number)[], value: string): string {
  return path.reduceRight<string>(
    (inner, step) => (typeof step === 'number' ? `[${inner}]` : `{ ${step}: ${inner} }`),
    value,
  );
}

for (const path of settingPaths()) {
  test(`no message contains a value from the environment for ${path.join('.')}`, (t) => {
    for (const value of [secret, `admin:${secret}@h`, `x://${secret}`, `${secret}\n`]) {
      const faults = faultsOf(yamlWith(path, '"${V}"'), { V: value }).join('\n');
      t.notRegex(faults, new RegExp(secret));
      const listed = faultsOf(yamlWith(path, '["${V}"]'), { V: value }).join('\n');
      t.notRegex(listed, new RegExp(secret));
    }
  });
}

test('the settings that were tried are those of the schema', (t) => {
  const names = settingPaths().map((path) => path.join('.'));
  t.true(names.includes('server.users.0.tokenHash') && names.includes('cameras.door.masks.0.width'));
  t.true(names.length > 55);
});

test('no message contains the source of a camera that is added at run time', (t) => {
  for (const source of [secret, `admin:${secret}@h`, [secret], { url: secret }]) {
    const error = t.throws(() => parseCamera('door', { source, fps: 0 }, { hasRtsp: false, dir: '/', api }), {
      instanceOf: AppError,
      code: 'USAGE',
    });
    t.notRegex(JSON.stringify([error.message, error.cure, error.details]), new RegExp(secret));
  }
});
