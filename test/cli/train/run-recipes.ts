/** Each recipe trains a few steps on a small set, as `chromafeed train --recipe` does. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { EMPTY } from 'rxjs';
import type { SizePx } from '../../../src/frame.ts';
import test, { type ExecutionContext } from 'ava';
import { trainCommand } from '../../../src/cli/train/train-command.ts';
import { loadModel } from '../../../src/model/model.ts';
import { loadRecipe, recipeNames } from '../../../src/train/recipe/load-recipe.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample, writeMadeDataset } from '../../helpers/training-samples.ts';

const tags = ['room', 'animal'];
const samplesOf = (size: SizePx, from: number, count: number): ReturnType<typeof madeSample>[] =>
  Array.from({ length: count }, (_, i) => madeSample(`${tags[i % 2]}_${from + i}.jpg`, size));

/** Trains on noise. @returns what the command printed */
async function train(
  t: ExecutionContext,
  { output, sidePx, photos }: { readonly output: string; readonly sidePx: number; readonly photos: number },
  ...args: readonly string[]
): Promise<string> {
  const set = await tempFolder(t);
  const size = { widthPx: sidePx, heightPx: sidePx };
  await writeMadeDataset(set, [
    { split: 'train', size, samples: samplesOf(size, 0, photos) },
    { split: 'validation', size, samples: samplesOf(size, photos, 1) },
  ]);
  const stderr = new PassThrough();
  let code: number | undefined;
  const command = trainCommand({
    signal: new AbortController().signal,
    reload$: EMPTY,
    streams: { stdout: new PassThrough(), stderr },
    isSupervised: true,
    setExitCode: (value) => (code = value),
  });
  const usual = [
    '--backend',
    'wasm',
    '--threads',
    '1',
    '--batch-size',
    '2',
    '--validation-pictures',
    '1',
    '--views',
    '1',
  ];
  await command.parseAsync([set, '-o', output, ...usual, ...args], { from: 'user' });
  t.is(code, 0);
  return String(stderr.read() ?? '');
}

/** The recipe grow with two stages of its four: each stage trains a network of full size. */
async function shorter(folder: string): Promise<string> {
  const text = await readFile('config/recipes/grow.yaml', 'utf8');
  const path = join(folder, 'grow.yaml');
  await writeFile(path, text.replace(/grow: \[.*\]/, 'grow: [encoder.1, encoder.3]'));
  return path;
}

const scalable = ['zhang2016', 'iizuka2016', 'resnet', 'attention'];

for (const name of recipeNames()) {
  test.serial(`the recipe ${name} trains each of its phases, and ends with a model`, async (t) => {
    const folder = await tempFolder(t);
    const output = join(folder, 'run');
    const asked = name === 'grow' ? await shorter(folder) : name;
    const width = scalable.includes(name) ? ['--width', '0.03125'] : [];
    // A critic and the layers of Inception cannot see smaller pictures.
    const sidePx = name === 'nogan' ? 64 : 32;
    // A scene is learnt from four pictures on.
    const photos = name === 'iizuka2016' ? 8 : 2;
    const printed = await train(
      t,
      { output, sidePx, photos },
      '--recipe',
      asked,
      '--pictures',
      '2',
      ...width,
    );
    const { recipe } = await loadRecipe(name);
    for (const phase of recipe.phases) {
      t.regex(printed, new RegExp(`Phase ${phase.name}:`));
      const history = await readFile(join(output, phase.name, 'history.jsonl'), 'utf8');
      t.true(history.split('\n').length > 1);
    }
    const { manifest } = await loadModel(join(output, 'model'));
    t.is(manifest.architecture, recipe.network.architecture);
    t.regex(manifest.provenance.description, new RegExp(`recipe ${name}`));
    if (name === 'iizuka2016') t.regex(printed, /scenes recognized \d+ %/);
    if (name === 'nogan') {
      t.regex(printed, /critic right \d+ %/);
      t.true(existsSync(join(output, 'rivals', 'models', 'epoch-001', 'model.json')));
    }
    if (name === 'grow') t.true(existsSync(join(output, 'layers', 'layers', 'encoder.3')));
  });
}
