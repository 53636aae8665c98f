import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { stringify } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { keysAt } from '../../src/config/schema-walk.ts';
import { faultsOf } from '../helpers/config-faults.ts';
import { seededRandom } from '../helpers/seeded.ts';

const folder = new URL('../../../config/', import.meta.url);
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));
const line = /^(\d+:\d+: \S.*|\.\.\. and \d+ more)$/;

/** Checks that every fault has a position inside the text. */
function placesAreSound(text: string, faults: readonly string[]): boolean {
  const lines = text.split('\n').length;
  return faults.every((fault) => line.test(fault) && Number(/^\d+/.exec(fault)?.[0] ?? 1) <= lines);
}

const pick = <T>(random: () => number, items: readonly T[]): T | undefined =>
  items[Math.floor(random() * items.length)];

const pieces = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    '- ',
    '? ',
    '&a ',
    '*a',
    '<<: *a',
    '!x ',
    '|',
    '>',
    "'",
    '"',
    '#',
    '%',
    '@',
  ],
  ...[
    '`',
    ',',
    '\n',
    '\n\n',
    '\t',
    '  ',
    '---\n',
    '...\n',
    '\r',
    '\u0000',
    '\ufeff',
    '\u2028',
    '${',
    '}',
    '${X}',
  ],
  ...[
    '${X:-1}',
    '$${',
    'null',
    '~',
    'true',
    '.nan',
    '.inf',
    '-.inf',
    '0x1F',
    '1e999',
    '-0',
    '__proto__',
    'constructor',
  ],
  ...['cameras', 'source', 'server', 'users', 'name', 'masks', '2024-01-01', '=', '\\', '😀', '\ud800'],
];

test('examples with deleted, inserted and replaced characters never crash it', (t) => {
  const random = seededRandom(1);
  let faulty = 0;
  for (let run = 0; run < 500; run++) {
    let text = pick(random, examples) ?? '';
    for (let edit = 0; edit < 1 + random() * 6; edit++) {
      const at = Math.floor(random() * text.length);
      const cut = random() < 0.5 ? Math.floor(random() * 12) : 0;
      text = text.slice(0, at) + (random() < 0.8 ? (pick(random, pieces) ?? '') : '') + text.slice(at + cut);
    }
    const faults = faultsOf(text, { X: '1' });
    if (faults.length > 0) faulty++;
    if (!placesAreSound(text, faults)) t.fail(`${JSON.stringify(text)}\n${faults.join('\n')}`);
  }
  t.true(faulty > 333, `${faulty} of 500 were refused`);
});

test('texts of random pieces never crash it', (t) => {
  const random = seededRandom(2);
  for (let run = 0; run < 1000; run++) {
    const text = Array.from({ length: random() * 30 }, () => pick(random, pieces)).join('');
    const faults = faultsOf(text, { X: 'x: [' });
    if (faults.length === 0 || !placesAreSound(text, faults))
      t.fail(`${JSON.stringify(text)}\n${faults.join('\n')}`);
  }
  t.pass();
});

const scalars: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    Number.NaN,
    Infinity,
    '',
    'a',
    '*',
    'rtsp://u:p@h',
    'x'.repeat(300),
  ],
  ...[
    'test:testsrc',
    '20:00',
    '1280x720',
    'sha256:',
    '${X}',
    '${X:-2}',
    '${NONE}',
    '$${',
    '__proto__',
    '\u0000',
  ],
];

/** A random value in which most keys are allowed ones. */
function randomValue(random: () => number, path: readonly (string | number)[]): unknown {
  const kind = random();
  if (path.length > 5 || kind < 0.4) return pick(random, scalars);
  if (kind < 0.55) return Array.from({ length: random() * 4 }, (_, i) => randomValue(random, [...path, i]));
  const keys = keysAt(configSchema, path);
  const names =
    path.length === 1 ? ['door', 'gate', 'B', '__proto__'] : ['url', '1', 'constructor', ...keys, ...keys];
  const entries = Array.from({ length: random() * 6 }, () => {
    const key = pick(random, path.length === 0 || keys.length > 0 ? [...keys, ...names] : names) ?? 'x';
    return [key, randomValue(random, [...path, key])] as const;
  });
  return Object.fromEntries(entries);
}

test('mappings of random values under known keys never crash it', (t) => {
  const random = seededRandom(3);
  for (let run = 0; run < 700; run++) {
    const text = stringify(randomValue(random, []));
    const faults = faultsOf(text, { X: '1' });
    if (!placesAreSound(text, faults)) t.fail(`${text}\n${faults.join('\n')}`);
  }
  t.pass();
});
