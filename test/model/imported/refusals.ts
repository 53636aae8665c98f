import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { importModel, type ImportRequest } from '../../../src/model/imported/import-model.ts';
import { loadModel } from '../../../src/model/model.ts';
import type { OnnxBuilder } from '../../../src/model/onnx/onnx-builder.ts';
import { ddcolor, eccv16, writeGraph } from '../../helpers/made-colorizers.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

/** Imports a file that is refused, and checks that nothing is left behind. */
async function refusal(
  t: ExecutionContext,
  write: (path: string) => Promise<string>,
  request: Partial<ImportRequest> = {},
): Promise<AppError> {
  const folder = await tempFolder(t);
  const home = join(folder, 'home');
  process.env['CHROMAFEED_HOME'] = home;
  const file = await write(join(folder, 'network.onnx'));
  const error = await t.throwsAsync(importModel({ file, name: 'made', licence: 'MIT', ...request }), {
    instanceOf: AppError,
  });
  if (existsSync(join(home, 'models'))) t.deepEqual(await readdir(join(home, 'models')), []);
  t.not(error.cure, undefined);
  return error;
}

const graph =
  (build: (graph: OnnxBuilder) => void) =>
  (path: string): Promise<string> =>
    writeGraph(path, build);

/** A graph with one input, whose output is another constant picture. */
const returns = (input: readonly (number | string)[], output: readonly number[], value = 5) =>
  graph((made) => {
    made.input('input', 'float32', input);
    const size = output.reduce((product, side) => product * side, 1);
    made.output(made.constant('color', output, new Float32Array(size).fill(value)), 'output', output);
  });

const wrong: readonly [
  title: string,
  write: (path: string) => Promise<string>,
  message: RegExp,
  cure: RegExp,
][] = [
  [
    'a picture of bytes',
    graph((made) => {
      const bytes = made.input('input', 'uint8', [1, 3, 16, 16]);
      made.output(made.cast(bytes, 'float32'), 'output', [1, 3, 16, 16]);
    }),
    /expected float32 or float16 numbers but got "input" uint8 \[1, 3, 16, 16\]/,
    /float inputs/,
  ],
  [
    'channels last',
    graph((made) => made.output(made.input('input', 'float32', [1, 16, 16, 3]), 'output', [1, 16, 16, 3])),
    /expected the channels before height and width but got "input" float32 \[1, 16, 16, 3\]/,
    /NCHW/,
  ],
  [
    'four pictures at once',
    returns([4, 3, 16, 16], [4, 2, 16, 16]),
    /expected pictures as \[1, channels, height, width\]/,
    /one picture/,
  ],
  [
    'five channels',
    returns([1, 5, 16, 16], [1, 2, 16, 16]),
    /expected an input of 1 channel \(lightness\) or 3/,
    /docs\/models\.md/,
  ],
  [
    'scores of 313 colour classes',
    returns([1, 1, 16, 16], [1, 313, 4, 4]),
    /expected an output of 2 channels \(a\*, b\*\) or 3 \(R'G'B'\) but got "output" float \[1, 313, 4, 4\]/,
    /last layer/,
  ],
  [
    'a picture that is not the gray one',
    returns([1, 3, 16, 16], [1, 3, 16, 16], -900),
    /as bright as the gray one but they differ by/,
    /--input and --output/,
  ],
  [
    'no colour at all',
    returns([1, 3, 16, 16], [1, 2, 16, 16], 0),
    /every a\* and b\* is 0/,
    /--input and --output/,
  ],
  [
    'colour that does not exist',
    returns([1, 3, 16, 16], [1, 2, 16, 16], 5000),
    /at most 128 for a gray picture but got 5000/,
    /--input/,
  ],
  [
    'a vector',
    graph((made) => {
      const pooled = made.add('GlobalAveragePool', [made.input('input', 'float32', [1, 3, 16, 16])]);
      made.output(pooled, 'output', [1, 3, 1, 1]);
    }),
    /expected an output of 2 channels .* but got "output" float \[1, 3, 1, 1\]/,
    /docs\/models\.md/,
  ],
  [
    'text',
    async (path) => {
      await writeFile(path, 'nothing of the kind');
      return path;
    },
    /network\.onnx: onnxruntime says: /,
    /onnx\.checker/,
  ],
];

for (const [title, write, message, cure] of wrong) {
  test.serial(`a network with ${title} is refused with the reason and a cure`, async (t) => {
    const error = await refusal(t, write);
    t.regex(error.message, message);
    t.regex(error.cure ?? '', cure);
    t.is(error.exitCode, 4);
  });
}

test.serial('a network that takes too long, or too much memory, is ended', async (t) => {
  const product = graph((made) => {
    const size = made.constant('size', [2], BigInt64Array.of(12_000n, 12_000n));
    const input = made.input('input', 'float32', [1, 3, 16, 16]);
    const mean = made.add('ReduceMean', [input], { keepdims: 0 });
    const large = made.add('Expand', [mean, size]);
    const sum = made.add('ReduceMean', [made.add('MatMul', [large, large])], { keepdims: 0 });
    made.output(made.add('Mul', [input, sum]), 'output', [1, 3, 16, 16]);
  });
  const slow = await refusal(t, product, { limits: { timeMs: 2500 } });
  t.regex(slow.message, /the network took more than 2\.5 s (for a picture|to open)/);
  const large = await refusal(t, product, { limits: { bytes: 400e6 } });
  t.regex(large.message, /the network took more than 400 MB of memory/);
});

test.serial('the form that the user names is used, and refused if it does not fit', async (t) => {
  const error = await refusal(t, eccv16.write, { input: 'rgb-0..255' });
  t.regex(error.message, /--input rgb-0\.\.255: expected 3 channels but "input" has 1/);
  const output = await refusal(t, eccv16.write, { output: 'rgb-0..1' });
  t.regex(output.message, /--output rgb-0\.\.1: expected 3 channels but "output" has 2/);
  const file = await eccv16.write(join(await tempFolder(t), 'network.onnx'));
  const { manifest } = await importModel({
    file,
    name: 'named',
    licence: 'MIT',
    input: 'L-50',
    output: 'ab/128',
  });
  t.is(manifest.contract.input.form, 'L-50');
  t.is(manifest.contract.output.form, 'ab/128');
});

test.serial('a name is taken once, and a licence is required', async (t) => {
  t.regex(
    (await refusal(t, ddcolor.write, { licence: undefined })).message,
    /^--license: expected the licence/,
  );
  t.regex((await refusal(t, ddcolor.write, { name: 'No such' })).message, /^--name: expected lower-case/);
  t.regex((await refusal(t, ddcolor.write, { name: 'trunk' })).message, /chromafeed comes with this model/);
  const file = await ddcolor.write(join(await tempFolder(t), 'ddcolor.onnx'));
  const other = await eccv16.write(join(await tempFolder(t), 'eccv16.onnx'));
  await importModel({ file, name: 'made', licence: 'MIT' });
  const taken = await t.throwsAsync(importModel({ file, name: 'made', licence: 'MIT' }), {
    instanceOf: AppError,
  });
  t.is(taken.code, 'OUTPUT_EXISTS');
  t.is(
    (await importModel({ file: other, name: 'made', licence: 'MIT', overwrite: true })).manifest.version,
    2,
  );
  const training = await t.throwsAsync(loadModel('made'), { instanceOf: AppError });
  t.regex(training.message, /expected a network of Chromafeed's own but this one was imported/);
});
