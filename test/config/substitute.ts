import test from 'ava';
import { parseConfig } from '../../src/config/load-config.ts';
import { expand, typed } from '../../src/config/substitute.ts';
import { faultsOf } from '../helpers/config-faults.ts';

const env = { A: 'alpha', EMPTY: '', NESTED: '${A}', BRACE: '}' };
const cases: readonly (readonly [string, string, boolean])[] = [
  ['plain', 'plain', false],
  ['${A}', 'alpha', true],
  ['x${A}y${A}', 'xalphayalpha', true],
  ['${A:-b}', 'alpha', true],
  ['${B:-b c:d}', 'b c:d', true],
  ['${B:-}', '', true],
  ['${EMPTY}', '', true],
  ['${EMPTY:-b}', 'b', true],
  ['${NESTED}', '${A}', true],
  ['${BRACE}${A}', '}alpha', true],
  ['$${A}', '${A}', false],
  ['$$${A}', '$${A}', false],
  ['$A $ $$ {A}', '$A $ $$ {A}', false],
];

for (const [text, expected, isSubstituted] of cases) {
  test(`"${text}" becomes "${expected}"`, (t) => {
    t.deepEqual(expand(text, env), { text: expected, isSubstituted, faults: [] });
  });
}

test('a name that every object has is not a variable', (t) => {
  t.deepEqual(expand('${constructor}', {}).faults, ['the environment variable constructor is not set']);
});

for (const [text, value] of [
  ['8600', 8600],
  ['-0.5', -0.5],
  ['.5', 0.5],
  ['1e3', 1000],
  ['true', true],
  ['False', false],
  ['', ''],
  ['1x', '1x'],
  ['yes', 'yes'],
  ['null', 'null'],
  ['1.2.3', '1.2.3'],
  ['a: b', 'a: b'],
] as const) {
  test(`a substituted "${text}" without quotes is ${typeof value} ${String(value)}`, (t) =>
    t.is(typed(text), value));
}

test('numbers and truth values may come from the environment if there are no quotes', (t) => {
  const text = `server:
  port: \${PORT:-8600}
cameras:
  door:
    source: "rtsp://\${USER}:\${PASSWORD}@h/"
    name: "\${NUMBER}"
    enabled: \${ENABLED}
    fps: \${FPS}
`;
  const { config } = parseConfig(text, 'c.yaml', {
    USER: 'u',
    PASSWORD: 'a:b %23c',
    NUMBER: '12',
    ENABLED: 'false',
    FPS: '7.5',
  });
  t.is(config.server.port, 8600);
  const { source, name, enabled, fps } = config.cameras['door'] ?? {};
  t.deepEqual(
    { source, name, enabled, fps },
    { source: 'rtsp://u:a:b %23c@h/', name: '12', enabled: false, fps: 7.5 },
  );
});

test('the value of a variable is text and adds no keys, aliases or further variables', (t) => {
  const text = 'cameras:\n  door:\n    name: ${EVIL}\n    source: test:testsrc\n';
  for (const EVIL of ['a\n    fps: 1', '{ x: 1 }', '*a', '${HOME}']) {
    t.is(parseConfig(text, 'c.yaml', { EVIL }).config.cameras['door']?.name, EVIL);
  }
});

test('unset variables and malformed references are faults with their positions', (t) => {
  const text = `server:
  port: \${PORT}
cameras:
  door:
    source: rtsp://u:\${DOOR_PASSWORD}@\${DOOR_HOST}/
    name: "\${1A}"
  gate:
    source: test:\${
    model: \${}
`;
  const form = 'expected ${NAME} or ${NAME:-default}; write $${ for a literal ${';
  t.deepEqual(faultsOf(text), [
    '2:9: server.port: the environment variable PORT is not set',
    '5:13: cameras.door.source: the environment variable DOOR_PASSWORD is not set',
    `6:11: cameras.door.name: ${form}`,
    `8:13: cameras.gate.source: ${form}`,
    `9:12: cameras.gate.model: ${form}`,
  ]);
});

test('variables in keys and comments are not replaced', (t) => {
  t.deepEqual(faultsOf('# ${NONE}\ncameras:\n  "${NONE}":\n    source: test:testsrc\n'), [
    '3:3: cameras["${NONE}"]: expected 1 to 64 of a-z, 0-9, "-" and "_", the first a letter or digit',
  ]);
});
