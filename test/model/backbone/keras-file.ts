import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { File, ready } from 'h5wasm/node';
import { readBackbone } from '../../../src/model/backbone/read-backbone.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

/**
 * A convolution of 2 x 3 pixels from two channels to two without bias, its batch norm, a depthwise convolution of one pixel
 * as Keras 3 stores it, and a fully connected layer.
 */
const weights: Readonly<Record<string, { shape: number[]; data: number[] }>> = {
  'conv1_conv/kernel:0': { shape: [2, 3, 2, 2], data: Array.from({ length: 24 }, (_, i) => i) },
  'conv1_bn/gamma:0': { shape: [2], data: [2, 4] },
  'conv1_bn/beta:0': { shape: [2], data: [1, -1] },
  'conv1_bn/moving_mean:0': { shape: [2], data: [3, 5] },
  'conv1_bn/moving_variance:0': { shape: [2], data: [1 - 1e-3, 4 - 1e-3] },
  'block1a_dwconv/kernel:0': { shape: [1, 1, 2, 1], data: [5, 6] },
  'predictions/kernel:0': { shape: [2, 1], data: [7, 8] },
  'predictions/bias:0': { shape: [1], data: [9] },
};
/** Keras lists layers by their depth: here the norm does not follow its convolution. */
const layers = ['conv1_conv', 'block1a_dwconv', 'predictions', 'conv1_relu', 'conv1_bn'];
const inbound = {
  conv1_conv: 'input_1',
  block1a_dwconv: 'conv1_relu',
  predictions: 'block1a_dwconv',
  conv1_relu: 'conv1_bn',
  conv1_bn: 'conv1_conv',
} as const;
const kinds: Readonly<Record<string, string>> = {
  conv1_bn: 'BatchNormalization',
  block1a_dwconv: 'DepthwiseConv2D',
};
const description = {
  class_name: 'Functional',
  config: {
    layers: layers.map((name) => ({
      class_name: kinds[name] ?? 'Layer',
      name,
      config: { name },
      inbound_nodes: [[[inbound[name as keyof typeof inbound], 0, 0, {}]]],
    })),
  },
};

/** Writes a file as Keras does: a whole model, or its weights alone. */
async function writeKeras(t: ExecutionContext, isWhole: boolean): Promise<string> {
  await ready;
  const path = join(await tempFolder(t), 'model.h5');
  const file = new File(path, 'w');
  if (isWhole) file.create_attribute('model_config', JSON.stringify(description));
  const root = isWhole ? file.create_group('model_weights') : file;
  root.create_attribute('layer_names', layers);
  for (const layer of layers) {
    const names = Object.keys(weights).filter((name) => name.startsWith(`${layer}/`));
    const group = root.create_group(layer);
    // Keras stores an empty list as an array of no numbers.
    if (names.length === 0) group.create_attribute('weight_names', new Float64Array(0), [0]);
    else group.create_attribute('weight_names', names);
    const inner = group.create_group(layer);
    for (const name of names) {
      const { shape, data } = weights[name]!;
      inner.create_dataset({ name: name.slice(layer.length + 1), data: Float32Array.from(data), shape });
    }
  }
  file.close();
  return path;
}

for (const isWhole of [true, false])
  test(`Keras's ${isWhole ? 'model' : 'weights'} in an .h5 file: kernels are turned, norms folded in`, async (t) => {
    const [conv, depthwise, dense, ...others] = await readBackbone(await writeKeras(t, isWhole));
    t.deepEqual(others, []);
    t.is(conv?.name, 'conv1_conv');
    t.deepEqual(conv?.shape, [2, 2, 2, 3]);
    // The weight of row r, column c, input i, output o is 4 (3 r + c) + 2 i + o; the factors are 2 and 2.
    const expected = [0, 1].flatMap((o) =>
      [0, 1].flatMap((i) => [0, 1, 2, 3, 4, 5].map((cell) => 2 * (4 * cell + 2 * i + o))),
    );
    t.deepEqual([...(conv?.weight ?? [])].map(Math.fround), expected);
    t.deepEqual([...(conv?.bias ?? [])], [1 - 3 * 2, -1 - 5 * 2]);
    t.deepEqual(
      [depthwise?.shape, [...(depthwise?.weight ?? [])]],
      [
        [2, 1, 1, 1],
        [5, 6],
      ],
    );
    t.deepEqual(
      [dense?.shape, [...(dense?.weight ?? [])], [...(dense?.bias ?? [])]],
      [[1, 2, 1, 1], [7, 8], [9]],
    );
  });

test('a file that is no HDF5 file, or no Keras model, is refused with the reason', async (t) => {
  await ready;
  const folder = await tempFolder(t);
  const [text, empty] = [join(folder, 'text.h5'), join(folder, 'empty.h5')];
  await writeFile(text, 'hello');
  await t.throwsAsync(readBackbone(text), { code: 'MODEL_INVALID', message: /expected an HDF5 file/ });
  new File(empty, 'w').close();
  await t.throwsAsync(readBackbone(empty), {
    code: 'MODEL_INVALID',
    message: /expected a Keras model: it has no list "layer_names"/,
  });
});
