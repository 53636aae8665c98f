import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import { loadModel, type Model } from '../../../src/model/model.ts';
import { openColorizer } from '../../../src/model/open-colorizer.ts';
import { relativeError, starterCheck, writeModel } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

const check = starterCheck();

/** Colours two pictures of different scenes on each engine. TensorFlow.js uses its native library, else WebAssembly. */
const agrees = test.macro(async (t: ExecutionContext, open: (t: ExecutionContext) => Promise<Model>) => {
  const model = await open(t);
  await using onnx = await openColorizer({ model, device: 'cpu', precision: 'float32' });
  await using tensorflow = await openColorizer({ model, engine: 'tensorflow', device: 'cpu' });
  t.is(tensorflow.device, 'cpu');
  t.regex(tensorflow.notices.at(-1) ?? '', /TensorFlow/);
  const batch = {
    pictures: [check.luma, check.luma.map((value) => 255 - value)],
    size: check.size,
    conditions: [onnx.condition(check.embedding), new Float32Array(256)],
  };
  const expected = await onnx.colorize(batch);
  const got = await tensorflow.colorize(batch);
  t.is(got.length, 2);
  for (const [i, ab] of got.entries()) t.true(relativeError(ab, expected[i] ?? []) < 1e-3);
  t.true(relativeError(got[0] ?? [], got[1] ?? []) > 0.1);
  const pale = await tensorflow.colorize({ ...batch, temperature: 3 });
  if (model.manifest.head.kind === 'classification') t.true(relativeError(pale[0] ?? [], got[0] ?? []) > 0.1);
  const [embedding] = await tensorflow.embed([check.luma299]);
  t.true(relativeError(embedding ?? [], check.embedding) < 1e-3);
});

test.serial('the engines agree on the seed network', agrees, () => loadModel('starter'));
test.serial('the engines agree on the trunk of Inception', agrees, () => loadModel('trunk'));
test.serial('the engines agree on EfficientNet-Lite', agrees, () => loadModel('efficientnet-lite'));
test.serial('the engines agree on a regression head', agrees, async (t) =>
  loadModel(await writeModel(await tempFolder(t), { head: { kind: 'regression', stride: 2 } })),
);

test('TensorFlow refuses a device that it does not support', async (t) => {
  const model = await loadModel('starter');
  const error = await t.throwsAsync(openColorizer({ model, engine: 'tensorflow', device: 'webgpu' }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'USAGE');
  t.is(error.message, '--engine tensorflow: expected --device auto, cpu or cuda but got webgpu');
});

test.serial(
  'without a GPU that TensorFlow can use, the CPU is used instead and a notice says why',
  async (t) => {
    await using colorizer = await openColorizer({
      model: await loadModel('starter'),
      engine: 'tensorflow',
      device: 'cuda',
    });
    if (colorizer.device === 'cuda') return t.pass('there is one');
    return t.regex(colorizer.notices[0] ?? '', /^cuda cannot be used, so the cpu is used instead: /);
  },
);
