import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { AppError } from '../../src/errors.ts';
import { parseManifest } from '../../src/model/manifest.ts';
import { bundledModelDir } from '../../src/model/bundled-models.ts';
import { randomNumbers } from '../helpers/model-fixtures.ts';

const text = readFileSync(join(bundledModelDir('starter') ?? '', 'model.json'), 'utf8');

test('the starter manifest is read', (t) => {
  const manifest = parseManifest(text, 'model.json');
  t.is(manifest.name, 'starter');
  t.deepEqual(manifest.head, { kind: 'classification', stride: 4, classes: 189, temperature: 0.38 });
});

test('one error lists every fault, with the value', (t) => {
  const manifest = { ...parseManifest(text, 'm'), version: 0, colour: 'blue', name: 'A b' };
  const error = t.throws(() => parseManifest(JSON.stringify(manifest), 'model.json'), {
    instanceOf: AppError,
  });
  t.is(error.code, 'MODEL_INVALID');
  t.true(error.message.startsWith('model.json: '));
  t.regex(error.message, /name: expected lower-case letters.* but got "A b"/);
  t.regex(error.message, /version: .* but got 0/);
  t.regex(error.message, /unknown key colour/);
});

test('the error names a missing key', (t) => {
  const rest = { ...parseManifest(text, 'm'), weights: undefined };
  const error = t.throws(() => parseManifest(JSON.stringify(rest), 'model.json'), { instanceOf: AppError });
  t.regex(error.message, /^model\.json: weights: .* but got nothing$/);
});

test('an encoder is required if the network has a choice, and only then', (t) => {
  const encoder = { width: 1, depth: 1, enlargement: 1.25 };
  const manifest = { ...parseManifest(text, 'm'), architecture: 'efficientnet-lite' };
  t.deepEqual(parseManifest(JSON.stringify({ ...manifest, encoder }), 'm').encoder, encoder);
  const fault = (value: object): string =>
    t.throws(() => parseManifest(JSON.stringify(value), 'm'), { code: 'MODEL_INVALID' }).message;
  t.is(fault(manifest), 'm: efficientnet-lite: expected an encoder but got none');
  t.is(
    fault({ ...manifest, architecture: 'koalarization', encoder }),
    'm: koalarization: expected no encoder but got one',
  );
  t.regex(fault({ ...manifest, encoder: { ...encoder, enlargement: 2 } }), /encoder\.enlargement: /);
});

test('a newer format is the only reported fault', (t) => {
  const error = t.throws(() => parseManifest('{"formatVersion": 2, "new": 1}', 'model.json'), {
    instanceOf: AppError,
  });
  t.is(error.message, 'model.json: expected formatVersion 1 but got 2');
  t.is(error.cure, 'update chromafeed');
});

test('a damaged manifest is either read or refused', (t) => {
  const random = randomNumbers(3);
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < 1000; round++) {
    const bytes = Buffer.from(text);
    for (let i = 0; i <= random() * 3; i++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const damaged = bytes.toString(
      'utf8',
      0,
      random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length,
    );
    try {
      parseManifest(damaged, 'm');
      outcomes.read++;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      t.is(error.code, 'MODEL_INVALID');
      outcomes.refused++;
    }
  }
  t.true(outcomes.read > 0 && outcomes.refused > 300, JSON.stringify(outcomes));
});
