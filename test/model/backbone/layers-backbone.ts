import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import test from 'ava';
import { matchBackbone } from '../../../src/model/backbone/match-backbone.ts';
import { readBackbone } from '../../../src/model/backbone/read-backbone.ts';
import { lumaInput, NodeList, weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { addResnet34, resnetPrefix } from '../../../src/model/tables/resnet-encoder.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { runTensorflow } from '../../helpers/engine-runs.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes, seededRandom } from '../../helpers/seeded.ts';

test.before(() => openTensorflow('wasm', { threads: 1 }));

const side = 32;
const list = new NodeList();
const picture = list.add('picture', { kind: 'shiftScale', centre: 114.5, unit: 57.6 }, lumaInput);
const map = addResnet34(list, picture, 1 / 8)[2].value;

/** The encoder up to its third map as a Keras model: padding as a layer of its own, batch norm behind each convolution. */
function kerasModel(): layers.LayersModel {
  const input = layers.input({ shape: [side, side, 3] });
  const values = new Map<string, layers.SymbolicTensor>([['picture', input]]);
  for (const { name, inputs, op } of list.nodes.slice(1)) {
    const own = inputs.map((one) => values.get(one)!);
    const [x] = own;
    if (op.kind === 'conv') {
      const pad = (op.kernel[0] - 1) / 2;
      const padded = layers.layers
        .zeroPadding2d({
          padding: [
            [pad, pad],
            [pad, pad],
          ],
        })
        .apply(x!);
      const sum = layers.layers
        .conv2d({ filters: op.outChannels, kernelSize: [...op.kernel], strides: op.stride, useBias: false })
        .apply(padded);
      const y = layers.layers.batchNormalization({ epsilon: 2e-5 }).apply(sum) as layers.SymbolicTensor;
      values.set(name, op.activation === 'relu' ? activated(y) : y);
    } else if (op.kind === 'pool') {
      const low = layers.layers
        .zeroPadding2d({
          padding: [
            [1, 1],
            [1, 1],
          ],
        })
        .apply(x!);
      values.set(
        name,
        layers.layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(low) as layers.SymbolicTensor,
      );
    } else if (op.kind === 'add') values.set(name, layers.layers.add().apply(own) as layers.SymbolicTensor);
    else values.set(name, activated(x!));
    if (name === map) break;
  }
  return layers.model({ inputs: input, outputs: values.get(map)! });
}

function activated(x: layers.SymbolicTensor): layers.SymbolicTensor {
  return layers.layers.activation({ activation: 'relu' }).apply(x) as layers.SymbolicTensor;
}

test.serial(
  'a TensorFlow.js layers model becomes the encoder: it sees the same in a gray picture',
  async (t) => {
    const model = kerasModel();
    const random = seededRandom(5);
    for (const layer of model.layers.filter(({ name }) => name.startsWith('batch')))
      layer.setWeights(
        layer.getWeights().map((weight) =>
          tf.tensor(
            Array.from({ length: weight.size }, () => 0.5 + random()),
            weight.shape,
          ),
        ),
      );
    const folder = await tempFolder(t);
    await model.save({
      save: async ({ modelTopology, weightSpecs, weightData }) => {
        const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
        const bytes = Array.isArray(weightData) ? weightData : [weightData!];
        await writeFile(
          join(folder, 'weights.bin'),
          Buffer.concat(bytes.map((part) => new Uint8Array(part))),
        );
        // tensorflowjs_converter writes the layers below `model_config`.
        const topology = { model_config: modelTopology };
        await writeFile(
          join(folder, 'model.json'),
          JSON.stringify({ modelTopology: topology, weightsManifest }),
        );
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      },
    });
    const nodes = list.nodes.slice(0, list.nodes.findIndex(({ name }) => name === map) + 1);
    const path = join(folder, 'model.json');
    const shapes = weightShapesOf(nodes, 0);
    const weights = matchBackbone(shapes, resnetPrefix, await readBackbone(path), path);
    const gray = seededBytes(side * side, 1);
    const got = runTensorflow({
      nodes,
      weights: new Map([...shapes].map(([name, shape]) => [name, { shape, data: weights.get(name)! }])),
      inputs: new Map([[lumaInput, { shape: [1, 1, side, side], data: gray }]]),
      output: map,
    });
    const expected = tf.tidy(() => {
      const plane = tf.tensor4d(
        Array.from(gray, (value) => (value - 114.5) / 57.6),
        [1, side, side, 1],
      );
      const result = model.predict(tf.concat([plane, plane, plane], 3)) as tf.Tensor4D;
      return [...tf.transpose(result, [0, 3, 1, 2]).dataSync()];
    });
    t.true(relativeError(got, expected) < 1e-4);
    model.dispose();
  },
);
