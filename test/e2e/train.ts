/** Pictures -> set -> run -> model -> colour, as a user would do it, on WebAssembly. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { weightShapes } from '../../src/model/tables/network.ts';
import { writeModel } from '../helpers/model-fixtures.ts';
import { runProgram, runProgramWith, startCommand } from '../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';
import { until } from '../helpers/until.ts';

const sources = [
  ...['testsrc2=size=96x64', 'mandelbrot=size=96x64', 'smptehdbars=size=96x64', 'rgbtestsrc=size=96x64'],
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => `gradients=size=96x64:seed=${seed}:n=4`),
];

test.serial(
  'a set becomes a model that colours; an interrupted run resumes to the same numbers',
  async (t) => {
    const folder = await tempFolder(t);
    const at = (name: string): string => join(folder, name);
    await makeSet(t, folder);
    const train = (run: string): string[] => [
      ...[
        'train',
        at('set'),
        '-o',
        at(run),
        '--features',
        at('features'),
        '--backend',
        'wasm',
        '--threads',
        '1',
        '--batch-size',
        '4',
      ],
      ...[
        '--epochs',
        '3',
        '--views',
        '1',
        '--name',
        'gradients',
        '--licence',
        'CC0-1.0',
        '--trained-on',
        'patterns',
      ],
    ];

    const whole = await runProgram(...train('whole'));
    t.is(whole.code, 0, whole.stderr);
    t.regex(whole.stderr, /Training on .*WebAssembly/);
    t.regex(whole.stderr, /for comparison: without colour PSNR/);
    t.regex(whole.stderr, /epoch 3: loss/);
    const losses = (await history(at('whole'))).map(({ loss }) => loss);
    t.is(losses.length, 3);
    t.true((losses.at(-1) ?? NaN) < (losses[0] ?? NaN), losses.join(', '));
    const names = await readdir(at('whole'), { recursive: true });
    for (const part of [/\.svg$/, /^samples.epoch-003\.jpg$/, /tfevents/, /model\.json$/])
      t.true(
        names.some((name) => part.test(name)),
        `${String(part)}: ${names.join(' ')}`,
      );

    const { stop, end } = startCommand(...train('broken'));
    await until(() => existsSync(join(at('broken'), 'history.jsonl')), 'the first epoch', 150_000);
    stop();
    const broken = await end;
    t.is(broken.code, 130, broken.stderr);
    t.true((await history(at('broken'))).length < 3, 'it was broken off');
    const resumed = await runProgram(...train('broken'));
    t.is(resumed.code, 0, resumed.stderr);
    t.deepEqual(await history(at('broken')), await history(at('whole')));

    const other = await runProgram(...train('whole'), '--lambda', '0.9');
    t.is(other.code, 6);
    t.regex(other.stderr, /holds another run: "lambda": 0\.5, now "lambda": 0\.9/);

    const colour = at('colour.png');
    const file = await runProgram(
      'file',
      at('gray.png'),
      '-o',
      colour,
      '--model',
      join(at('whole'), 'model'),
    );
    t.is(file.code, 0, file.stderr);
    const { xmpAsString } = await sharp(colour).metadata();
    t.regex(xmpAsString ?? '', /gradients/, 'the picture names its model');
  },
);

test('a missing set and a run without a folder are refused', async (t) => {
  const folder = await tempFolder(t);
  const missing = await runProgram(
    'train',
    join(folder, 'none'),
    '-o',
    join(folder, 'run'),
    '--backend',
    'wasm',
  );
  t.is(missing.code, 3, missing.stderr);
  t.regex(missing.stderr, /none/);
  const homeless = await runProgram('train', folder);
  t.is(homeless.code, 2);
  t.regex(homeless.stderr, /expected a folder for the run/);
});

test('the trunk is not trained on WebAssembly, nor for a camera', async (t) => {
  const folder = await tempFolder(t);
  const from = ['--from', 'trunk'];
  const slow = await runProgram(
    'train',
    folder,
    '-o',
    folder,
    ...from,
    '--train',
    'trunk',
    '--backend',
    'wasm',
  );
  t.is(slow.code, 2, slow.stderr);
  t.regex(slow.stderr, /--train trunk: expected TensorFlow's own library but got WebAssembly/);
  const camera = await runProgram('train', 'gate.mp4', '--camera', 'gate', ...from, '--train', 'trunk');
  t.is(camera.code, 2, camera.stderr);
  t.regex(camera.stderr, /--camera: expected decoder or head/);
  const all = await runProgram('train', folder, '-o', folder, ...from, '--train', 'all', '--backend', 'wasm');
  t.regex(all.stderr, /--train all: expected TensorFlow's own library but got WebAssembly/);
});

test('--often is refused if views are not stored', async (t) => {
  const folder = await tempFolder(t);
  const often = ['--often', '**=2'];
  const all = await runProgram('train', folder, '-o', folder, '--train', 'all', ...often);
  t.is(all.code, 2, all.stderr);
  t.regex(all.stderr, /--often: expected --train decoder, head or trunk, whose views are stored/);
  const camera = await runProgram('train', 'gate.mp4', '--camera', 'gate', ...often);
  t.is(camera.code, 2, camera.stderr);
  t.regex(camera.stderr, /--camera: expected no --often/);
});

const isRefused = test.macro<[string, readonly string[], RegExp]>({
  async exec(t, _what, args, message) {
    const { code, stderr } = await runProgram('train', ...args);
    t.is(code, 2, stderr);
    t.regex(stderr, message);
  },
  title: (_, what) => `${what} is refused before the work starts`,
});
const camera = ['gate.mp4', '--camera', 'gate'];
test(
  isRefused,
  'an option of sets, for a camera,',
  [...camera, '--fresh', '--name', 'gate', '--views', '3', '--features', 'f'],
  /--camera: expected no --fresh, --features, --name: that only affects training on a set/,
);
test(
  isRefused,
  'an option of cameras, for a set,',
  ['set', '-o', 'run', '--frames', '9'],
  /train: expected no --frames without --camera/,
);
test(
  isRefused,
  'an objective of classes for a camera',
  [...camera, '--objective', 'rebalanced'],
  /--camera: expected huber or mse as the objective but got rebalanced/,
);
test(
  isRefused,
  'a name that a manifest cannot have',
  ['set', '-o', 'run', '--name', 'My-Model'],
  /--name: expected lower-case letters.* but got "My-Model"/,
);
test(
  isRefused,
  'a licence without words',
  ['set', '-o', 'run', '--licence', ''],
  /--licence: expected some words but got none/,
);

test("a camera's model is refused as the start of another camera's", async (t) => {
  const from = join(await tempFolder(t), 'yard');
  await writeCameraModel(from);
  const { code, stderr } = await runProgram('train', ...camera, '--from', from);
  t.is(code, 2, stderr);
  t.regex(stderr, /--from: expected a general model but .*yard is one camera's/);
});

test("a camera's model goes to the data folder", async (t) => {
  const home = await tempFolder(t);
  await mkdir(join(home, 'models/gate/mine'), { recursive: true });
  const environment = { CHROMAFEED_HOME: home };
  const { code, stderr } = await runProgramWith(environment, 'train', ...camera, '--from', 'starter');
  t.is(code, 6, stderr);
  t.true(stderr.includes(`${join(home, 'models/gate')}: expected a new or empty folder`), stderr);
});

test('a camera cannot take the name of a model that comes with the program', async (t) => {
  const { code, stderr } = await runProgram('train', 'gate.mp4', '--camera', 'trunk');
  t.is(code, 2, stderr);
  t.regex(stderr, /--camera: expected a new name but got trunk/);
});

/** A model of random weights, with a place. */
async function writeCameraModel(folder: string): Promise<void> {
  const head = { kind: 'classification', stride: 4, classes: 5 } as const;
  const place = { widthPx: 64, heightPx: 48 };
  const shapes = weightShapes({ architecture: 'koalarization', head, sceneModel: place }, 2048);
  const weights = new Map(
    [...shapes].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
      return [name, { dtype: 'F16', shape, data } as const];
    }),
  );
  await writeModel(folder, { weights, manifest: { place } });
}

async function makeSet(t: ExecutionContext, folder: string): Promise<void> {
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  for (const [i, source] of sources.entries())
    await runFfmpeg(['-f', 'lavfi', '-i', source, '-frames:v', '1', join(pictures, `${i}.png`)]);
  const gray = ['-vf', 'format=gray', join(folder, 'gray.png')];
  await runFfmpeg(['-f', 'lavfi', '-i', 'gradients=size=96x64:seed=9:n=4', '-frames:v', '1', ...gray]);
  const set = join(folder, 'set');
  const made = await runProgram(
    'dataset',
    pictures,
    '-o',
    set,
    '--size',
    '64',
    '--validation-fraction',
    '0.25',
  );
  t.is(made.code, 0, made.stderr);
}

async function history(run: string): Promise<{ loss: number }[]> {
  const text = await readFile(join(run, 'history.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { loss: number });
}
