import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { parse } from 'yaml';
import { z } from 'zod';
import { editorSchema } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { referenceText, schemaText } from '../../scripts/config-reference.ts';

const root = new URL('../../../', import.meta.url);
const folder = new URL('config/', root);
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
/** The variables that the examples need, and no others. */
const env = {
  DOOR_USER: 'viewer',
  DOOR_PASSWORD: 'secret',
  GATE_USER: 'viewer',
  GATE_PASSWORD: 'secret',
  OPERATOR_HASH: `sha256:${'0'.repeat(64)}`,
};

test('the three examples that the readme lists exist', (t) => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  t.deepEqual(examples.sort(), ['cameras.yaml', 'demo.yaml', 'secured.yaml']);
  t.true(examples.every((name) => readme.includes(`\`${name}\``)));
});

for (const name of examples) {
  const text = readFileSync(new URL(name, folder), 'utf8');

  test(`${name} is a valid config`, async (t) => {
    const { config } = await loadConfig(fileURLToPath(new URL(name, folder)), { env });
    t.true(Object.keys(config.cameras).length > 0);
  });

  test(`${name} has no fault in an editor, by the JSON Schema that its first line names`, (t) => {
    t.is(text.split('\n')[0], '# yaml-language-server: $schema=chromafeed.schema.json');
    const schema = z.fromJSONSchema(
      JSON.parse(JSON.stringify(editorSchema())) as z.core.JSONSchema.JSONSchema,
    );
    t.deepEqual(schema.safeParse(parse(text, { merge: true })).error?.issues ?? [], []);
  });
}

test('the JSON Schema refuses in an editor what loading refuses', (t) => {
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(editorSchema())) as z.core.JSONSchema.JSONSchema);
  for (const faulty of [
    ...[
      'server: { port: x }',
      'cameras: { door: {} }',
      'cameras: { door: { source: a, url: b } }',
      'cams: 1',
    ],
    ...['cameras: { door: { source: a, fps: 500 } }', 'cameras: { door: { source: a, masks: [[[0, 0]]] } }'],
    ...['log: { level: loud }', 'cameras: { Door: { source: a } }'],
  ]) {
    t.false(schema.safeParse(parse(faulty)).success, faulty);
  }
  t.true(schema.safeParse(parse('server: { port: "${PORT:-1}" }')).success);
});

test('the demo needs no camera, because its films exist', async (t) => {
  const { config } = await loadConfig(fileURLToPath(new URL('demo.yaml', folder)), { env: {} });
  const films = Object.values(config.cameras).map(({ source }) => source.replace(/^file:/, ''));
  t.is(films.length, 2);
  t.true(films.every((film) => existsSync(film)));
});

test('the reference and the JSON Schema are those of the schema (else: npm run docs:config)', async (t) => {
  t.is(readFileSync(new URL('docs/config.md', root), 'utf8'), await referenceText());
  t.is(readFileSync(new URL('chromafeed.schema.json', folder), 'utf8'), await schemaText());
});

test('every setting of the reference has a meaning', async (t) => {
  const rows = (await referenceText()).split('\n').filter((line) => line.startsWith('| `'));
  t.true(rows.length >= 55);
  t.deepEqual(
    rows.filter((row) => /\| +\|$/.test(row)),
    [],
  );
});
