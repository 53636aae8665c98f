import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import test from 'ava';
import { matchBackbone } from '../../../src/model/backbone/match-backbone.ts';
import { readBackbone } from '../../../src/model/backbone/read-backbone.ts';
import { lumaInput, NodeList, weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { addResnet34, resnetPrefix } from '../../../src/model/tables/resnet-encoder.ts';
import { runOnnx } from '../../helpers/engine-runs.ts';
import { exportedEncoder } from '../../helpers/exported-encoder.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../helpers/seeded.ts';

const side = 64;
const list = new NodeList();
const picture = list.add('picture', { kind: 'shiftScale', centre: 114.5, unit: 57.6 }, lumaInput);
const deepest = addResnet34(list, picture, 1 / 8)[4].value;
const layers = list.nodes.slice(1);
const shapes = weightShapesOf(layers, 0);
const gray = seededBytes(side * side, 1);

for (const [title, nameOf] of [
  ['names that mean nothing', (_: string, index: number) => `onnx::Conv_${300 - index}`],
  ["torchvision's names", (layer: string) => `${layer.slice(resnetPrefix.length)}.weight`],
] as const)
  test(`an ONNX file with ${title} becomes the encoder: it sees the same in a gray picture`, async (t) => {
    const bytes = exportedEncoder(layers, nameOf);
    const path = join(await tempFolder(t), 'resnet.onnx');
    await writeFile(path, bytes);
    const weights = matchBackbone(shapes, resnetPrefix, await readBackbone(path), path);
    const got = await runOnnx({
      nodes: list.nodes,
      weights: new Map([...shapes].map(([name, shape]) => [name, { shape, data: weights.get(name)! }])),
      inputs: new Map([[lumaInput, { shape: [1, 1, side, side], data: gray }]]),
      output: deepest,
    });
    const session = await InferenceSession.create(bytes);
    const plane = Float32Array.from(gray, (value) => (value - 114.5) / 57.6);
    const colours = Float32Array.from([...plane, ...plane, ...plane]);
    const { deepest: expected } = await session.run({
      input: new Tensor('float32', colours, [1, 3, side, side]),
    });
    await session.release();
    t.true(relativeError(got, expected?.data as Float32Array) < 1e-4);
  });

test('a file without some of the layers is refused, and the message names them', async (t) => {
  const path = join(await tempFolder(t), 'other.onnx');
  await writeFile(
    path,
    exportedEncoder(layers, (_, index) => `w${index}`),
  );
  const stored = await readBackbone(path);
  const wide = new NodeList();
  addResnet34(wide, lumaInput, 1 / 4);
  t.throws(() => matchBackbone(weightShapesOf(wide.nodes, 0), resnetPrefix, stored, 'other.onnx'), {
    code: 'MODEL_INVALID',
    message:
      /^other\.onnx: expected 36 convolutions for the encoder but got none for resnet\.conv1\.weight \[16 x 1 x 7 x 7\]/,
  });
});

test('something that is no ONNX file is refused', async (t) => {
  const path = join(await tempFolder(t), 'text.onnx');
  await writeFile(path, 'this is no network');
  await t.throwsAsync(readBackbone(path), {
    code: 'MODEL_INVALID',
    message: /text\.onnx: expected an ONNX file/,
  });
});
