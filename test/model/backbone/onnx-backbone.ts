import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import test from 'ava';
import { matchBackbone } from '../../../src/model/backbone/match-backbone.ts';
import { readBackbone } from '../../../src/model/backbone/read-backbone.ts';
import { OnnxBuilder } from '../../../src/model/onnx/onnx-builder.ts';
import { lumaInput, NodeList, weightShapesOf, type Node } from '../../../src/model/tables/nodes.ts';
import { addResnet34, resnetPrefix } from '../../../src/model/tables/resnet-encoder.ts';
import { runOnnx } from '../../helpers/engine-runs.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes, seededRandom } from '../../helpers/seeded.ts';

const side = 64;
const list = new NodeList();
const picture = list.add('picture', { kind: 'shiftScale', centre: 114.5, unit: 57.6 }, lumaInput);
const deepest = addResnet34(list, picture, 1 / 8)[4].value;
const layers = list.nodes.slice(1);
const shapes = weightShapesOf(layers, 0);
const gray = seededBytes(side * side, 1);

/**
 * The same encoder as other programs export it: three colours, no biases, a batch norm behind each convolution, and the
 * shortcut of a block before the block's other layers.
 * @param nameOf - of a convolution's weights
 */
function exported(nameOf: (layer: string, index: number) => string): Uint8Array {
  const graph = new OnnxBuilder('resnet');
  const random = seededRandom(3);
  const numbers = (count: number, low: number, high: number): Float32Array =>
    Float32Array.from({ length: count }, () => low + (high - low) * random());
  const values = new Map([['picture', graph.input('input', 'float32', ['n', 3, 'h', 'w'])]]);
  for (const [index, { name, inputs, op }] of shortcutsFirst(layers).entries()) {
    const own = inputs.map((input) => values.get(input)!);
    if (op.kind === 'conv') {
      const into = op.inChannels === 1 ? 3 : op.inChannels;
      const shape = [op.outChannels, into, ...op.kernel];
      const spread = Math.sqrt(3 / (into * op.kernel[0] ** 2));
      const count = shape.reduce((product, length) => product * length, 1);
      const weight = graph.constant(nameOf(name, index), shape, numbers(count, -spread, spread));
      const pads = op.kernel.map((length) => (length - 1) / 2);
      const sum = graph.add('Conv', [...own, weight], {
        kernel_shape: op.kernel,
        strides: [op.stride, op.stride],
        pads: [...pads, ...pads],
      });
      const part = (label: string, low: number, high: number): string =>
        graph.constant(`${label}_${index}`, [op.outChannels], numbers(op.outChannels, low, high));
      const norm = [part('scale', 0.5, 1.5), part('shift', -0.3, 0.3), part('mean', -0.2, 0.2)];
      const y = graph.add('BatchNormalization', [sum, ...norm, part('variance', 0.5, 1.5)]);
      values.set(name, op.activation === 'relu' ? graph.add('Relu', [y]) : y);
    } else if (op.kind === 'pool')
      values.set(
        name,
        graph.add('MaxPool', own, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
      );
    else values.set(name, graph.add(op.kind === 'add' ? 'Add' : 'Relu', own));
  }
  graph.output(values.get(deepest)!, 'deepest', ['n', 'c', 'h', 'w']);
  return graph.encode();
}

function shortcutsFirst(nodes: readonly Node[]): Node[] {
  const sorted = [...nodes];
  for (const node of nodes.filter(({ name }) => name.endsWith('.downsample'))) {
    sorted.splice(sorted.indexOf(node), 1);
    const first = sorted.findIndex(({ name }) => name === node.name.replace('downsample', 'conv1'));
    sorted.splice(first, 0, node);
  }
  return sorted;
}

for (const [title, nameOf] of [
  ['names that mean nothing', (_: string, index: number) => `onnx::Conv_${300 - index}`],
  ["torchvision's names", (layer: string) => `${layer.slice(resnetPrefix.length)}.weight`],
] as const)
  test(`an ONNX file with ${title} becomes the encoder: it sees the same in a gray picture`, async (t) => {
    const bytes = exported(nameOf);
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
    exported((_, index) => `w${index}`),
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
