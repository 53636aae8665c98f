import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import test from 'ava';
import { ddcolor } from '../helpers/made-colorizers.ts';
import { runProgram } from '../helpers/program.ts';

let folder = '';
let file = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chromafeed-test-'));
  process.env['CHROMAFEED_HOME'] = join(folder, 'home');
  file = await ddcolor.write(join(folder, 'DDColor tiny.onnx'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

test.serial('without a terminal, models import names what is missing', async (t) => {
  const unnamed = await runProgram('models', 'import', file);
  t.is(unnamed.code, 2);
  t.regex(unnamed.stderr, /--name: expected a name for the model but got none\n.*--name ddcolor-tiny/);
  const unlicensed = await runProgram('models', 'import', file, '--name', 'made');
  t.is(unlicensed.code, 2);
  t.regex(
    unlicensed.stderr,
    /--license: expected the licence of the network, 1 to 200 characters, but got none/,
  );
});

test.serial('models import says what it found, and models list shows it', async (t) => {
  const { code, stdout } = await runProgram(
    'models',
    'import',
    file,
    '--name',
    'made',
    '--license',
    'Apache-2.0',
  );
  t.is(code, 0);
  t.regex(
    stdout,
    /^It takes rgb-0\.\.1 \(float32\), 64 x 64, and returns ab\. One picture took 0\.\d\d s on the cpu\.$/m,
  );
  t.regex(stdout, /models\/made: the model made, licence Apache-2\.0\.\nUse it with --model made/);
  const list = await runProgram('models', 'list', '--json');
  t.is(list.code, 0);
  const { models } = JSON.parse(list.stdout) as { models: Record<string, unknown>[] };
  const made = models.find(({ name }) => name === 'made');
  t.like(made, {
    origin: 'user',
    architecture: 'onnx',
    head: 'ab',
    licence: 'Apache-2.0',
    version: 1,
    ok: true,
  });
});

test.serial('an imported model colours a still, and is evaluated', async (t) => {
  const photo = join(folder, 'photo.png');
  const ramp = Uint8Array.from({ length: 96 * 64 * 3 }, (_, i) => (i * 7) % 256);
  await sharp(ramp, { raw: { width: 96, height: 64, channels: 3 } })
    .png()
    .toFile(photo);
  const output = join(folder, 'colour.png');
  const { code, stderr } = await runProgram(
    'file',
    photo,
    '-o',
    output,
    '--model',
    'made',
    '--size',
    '64',
    '--device',
    'cpu',
  );
  t.is(code, 0, stderr);
  const { xmp } = await sharp(output).metadata();
  t.regex(xmp?.toString('utf8') ?? '', /with the model made version 1 \(licence: Apache-2\.0\)/);
  const evaluated = await runProgram(
    'evaluate',
    photo,
    '--model',
    'made',
    '--size',
    '64',
    '--device',
    'cpu',
    '--json',
    '-',
  );
  t.is(evaluated.code, 0, evaluated.stderr);
  t.regex(evaluated.stdout, /"made"/);
});

test.serial('what only our own networks have is refused for an imported one', async (t) => {
  const output = join(folder, 'none.png');
  const photo = join(folder, 'photo.png');
  for (const [option, value] of [
    ['--precision', 'int8'],
    ['--engine', 'tensorflow'],
    ['--embedding', file],
  ] as const) {
    const { code, stderr } = await runProgram('file', photo, '-o', output, '--model', 'made', option, value);
    t.is(code, 2);
    t.regex(stderr, /expected a network of Chromafeed's own but made was imported/);
  }
  const { code, stderr } = await runProgram('models', 'quantize', 'made', photo);
  t.is(code, 4);
  t.regex(stderr, /expected a network of Chromafeed's own but this one was imported from an ONNX file/);
});

test.serial('models remove deletes a model of the user only, and asks first', async (t) => {
  const unsure = await runProgram('models', 'remove', 'made');
  t.is(unsure.code, 2);
  t.regex(unsure.stderr, /add --yes/);
  t.is((await runProgram('models', 'remove', 'trunk', '--yes')).code, 2);
  t.is((await runProgram('models', 'remove', 'made', '--yes')).code, 0);
  const { stdout } = await runProgram('models', '--json');
  t.false(stdout.includes('"made"'));
});
