import test from 'ava';
import {
  cameraScopes,
  configChanges,
  programScopes,
  withoutRestart,
  type CameraScope,
} from '../../src/config/config-changes.ts';
import { parseConfig } from '../../src/config/load-config.ts';
import { cameraSchema, configSchema, type Config } from '../../src/config/schema.ts';
import { schemaSettings } from '../../src/config/schema-walk.ts';

const hash = (digit: string): string => `sha256:${digit.repeat(64)}`;

function config(text: string): Config {
  return parseConfig(text, '/etc/c.yaml', {}).config;
}

function withDoor(settings: string): Config {
  return config(`rtsp: {}\ncameras:\n  door:\n    source: test:testsrc\n${settings}`);
}

test('every setting of a camera has a scope, and every scope belongs to a setting', (t) => {
  t.deepEqual(Object.keys(cameraScopes).sort(), Object.keys(cameraSchema.shape).sort());
});

test('every setting outside cameras applies at once or waits for the next start', (t) => {
  const { cameras, ...sections } = configSchema.shape;
  t.truthy(cameras);
  const names = Object.entries(sections).map(([name, section]) => [
    name,
    Object.keys(schemaSettings(section) ?? {}).sort(),
  ]);
  const scopes = Object.entries(programScopes).map(([name, section]) => [name, Object.keys(section).sort()]);
  t.deepEqual(Object.fromEntries(scopes), Object.fromEntries(names));
});

/** A new value for each setting, as YAML, and what the change requires. */
const camera: readonly (readonly [string, string, CameraScope])[] = [
  ['name', 'Door', 'label'],
  ['source', 'test:testsrc2', 'connection'],
  ['enabled', 'false', 'connection'],
  ['transport', 'udp', 'connection'],
  ['size', '640x360', 'connection'],
  ['maxMegapixels', '10', 'connection'],
  ['fps', '5', 'connection'],
  ['stallS', '10', 'connection'],
  ['unwatched', 'full', 'connection'],
  ['model', 'other', 'color'],
  ['blend', 'other=0.5', 'color'],
  ['style', 'photo.jpg', 'color'],
  ['liveliness', '0.5', 'color'],
  ['saturation', '2', 'color'],
  ['temperature', '0.5', 'color'],
  ['refreshFps', '1', 'color'],
  ['motionGate', 'false', 'color'],
  ['embedding', '{ blendS: 1 }', 'color'],
  ['day', 'colorize', 'connection'],
  ['night', '{ show: gray }', 'color'],
  ['masks', '[{ x: 0, y: 0, width: 1, height: 0.5 }]', 'color'],
  ['machine', 'other', 'connection'],
  ['rtsp', 'true', 'label'],
  ['original', 'false', 'label'],
];

test('each setting was tried', (t) => {
  t.deepEqual(camera.map(([name]) => name).sort(), Object.keys(cameraSchema.shape).sort());
});

for (const [name, value, scope] of camera) {
  test(`a change of a camera's ${name} has the scope ${scope}, there and back`, (t) => {
    const before = withDoor('');
    const after = config(
      `rtsp: {}\ncameras:\n  door:\n${name === 'source' ? '' : '    source: test:testsrc\n'}    ${name}: ${value}\n`,
    );
    const expected = {
      added: [],
      removed: [],
      changed: [{ id: 'door', scope, settings: [name] }],
      live: [],
      restart: [],
    };
    t.deepEqual(configChanges(before, after), expected);
    t.deepEqual(configChanges(after, before), expected);
  });
}

test('several changes of one camera have the widest scope of them', (t) => {
  const scopeOf = (settings: string): unknown =>
    configChanges(withDoor(''), withDoor(settings)).changed[0]?.scope;
  t.is(scopeOf('    name: A\n    saturation: 2\n    fps: 1\n'), 'connection');
  t.is(scopeOf('    name: A\n    saturation: 2\n'), 'color');
});

test('cameras that come and go do not touch the others', (t) => {
  const before = config(
    'cameras: { a: { source: "test:testsrc" }, b: { source: "test:testsrc2" }, c: { source: "test:smptebars" } }',
  );
  const after = config(
    'cameras: { d: { source: "test:rgbtestsrc" }, c: { source: "test:smptebars" }, b: { source: "test:yuvtestsrc" } }',
  );
  t.deepEqual(configChanges(before, after), {
    added: ['d'],
    removed: ['a'],
    changed: [{ id: 'b', scope: 'connection', settings: ['source'] }],
    live: [],
    restart: [],
  });
});

test('a camera whose id is a word of every object is added and removed', (t) => {
  const [none, one] = [config('cameras: {}'), config('cameras: { constructor: { source: "test:testsrc" } }')];
  t.deepEqual(configChanges(none, one).added, ['constructor']);
  t.deepEqual(configChanges(one, none).removed, ['constructor']);
});

test('moved lines, comments and explicit defaults do not count as changes', (t) => {
  const before = config(
    'log: { level: info }\ncameras: { a: { source: "test:testsrc", fps: 5 }, b: { source: "test:testsrc2" } }',
  );
  const after = config(`# moved
cameras: { b: { source: "test:testsrc2", transport: tcp, night: { show: color } }, a: { fps: 5.0, source: "test:testsrc" } }
server: { port: 8600 }
`);
  t.deepEqual(configChanges(before, after), { added: [], removed: [], changed: [], live: [], restart: [] });
});

test('users, origins, limits and certificates apply at once; addresses and the engine wait for the next start', (t) => {
  const after = config(`server:
  host: 127.0.0.2
  port: 1
  tls: { cert: a, key: b }
  users: [{ name: anna, tokenHash: "${hash('a')}" }]
  origins: [https://wall.example]
  requestsPerMinute: 100
  maxViewers: 1
engine: { device: cpu, threads: 1 }
log: { level: debug, pretty: true }
`);
  const { live, restart } = configChanges(config('log: {}'), after);
  const limits = ['server.requestsPerMinute', 'server.maxViewers'];
  t.deepEqual(live, ['server.tls', 'server.users', 'server.origins', ...limits, 'log.level']);
  t.deepEqual(restart, ['server.host', 'server.port', 'engine.device', 'engine.threads', 'log.pretty']);
});

test('adding or removing the section rtsp waits for the next start', (t) => {
  const [without, having] = [config('log: {}'), config('rtsp: {}')];
  const restart = ['rtsp.host', 'rtsp.port', 'rtsp.tls', 'rtsp.heightPx', 'rtsp.bitrateKbps'];
  t.deepEqual(configChanges(without, having).restart, restart);
  t.deepEqual(configChanges(having, without).restart, restart);
});

test('settings that wait for the next start stay as they are, and all others apply', (t) => {
  const before = config('log: {}');
  const after = config(`server:
  host: 127.0.0.2
  port: 1
  origins: [https://wall.example]
  maxViewers: 1
engine: { model: starter, device: cpu }
publish: { visibleMark: false, maxHeightPx: 360 }
rtsp: { heightPx: 360 }
log: { level: debug, pretty: true }
cameras: { door: { source: "test:testsrc" } }
`);
  const held = withoutRestart(after, before);
  t.deepEqual(configChanges(before, held), { ...configChanges(before, after), restart: [] });
  t.deepEqual(configChanges(before, withoutRestart(before, held)), configChanges(before, before), 'and back');
});

test('a server that other machines can reach keeps its users until its address changes', (t) => {
  const users = `users: [{ name: anna, tokenHash: "${hash('a')}" }]`;
  const before = config(`server: { host: 0.0.0.0, ${users} }`);
  const after = config('server: { host: 127.0.0.1 }');
  t.is(withoutRestart(after, before).server.users, before.server.users);
  t.deepEqual(withoutRestart(after, config(`server: { ${users} }`)).server.users, []);
});
