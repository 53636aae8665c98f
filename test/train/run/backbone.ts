import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { matchBackbone } from '../../../src/model/backbone/match-backbone.ts';
import { readBackbone } from '../../../src/model/backbone/read-backbone.ts';
import { bundledEmbedding } from '../../../src/model/embedding/embedding-file.ts';
import { loadModel } from '../../../src/model/model.ts';
import { lumaInput, NodeList, weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { addResnet34, resnetPrefix } from '../../../src/model/tables/resnet-encoder.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import type { Prior } from '../../../src/train/dataset/prior.ts';
import { chooseBase, networkOf, type BaseRequest } from '../../../src/train/run/base-model.ts';
import { exportedEncoder } from '../../helpers/exported-encoder.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

test.before(() => openTensorflow('wasm', { threads: 1 }));

const width = 1 / 8;
const objective = { kind: 'rebalanced', lambda: 0.5, meanWeight: 0, temperature: 0.38 } as const;
const prior: Prior = { cellLab: 10, stride: 4, cells: [[0, 0, 9]] };

async function requestOf(backbone: string): Promise<BaseRequest> {
  return {
    base: await loadModel('starter'),
    isFresh: true,
    architecture: 'resnet-unet',
    size: { width },
    backbone,
    objective,
    part: 'all',
  };
}

test.serial(
  "a fresh network starts with the encoder of a user's ONNX file, without batch norms in it",
  async (t) => {
    const list = new NodeList();
    addResnet34(list, 'picture', width);
    const path = join(await tempFolder(t), 'resnet.onnx');
    await writeFile(
      path,
      exportedEncoder(list.nodes, (_, index) => `w${index}`),
    );
    const trunk = await bundledEmbedding();
    const base = await chooseBase(await requestOf(path), prior, trunk);
    using network = networkOf(base, [lumaInput], 1);
    const expected = matchBackbone(
      weightShapesOf(list.nodes, 0),
      resnetPrefix,
      await readBackbone(path),
      path,
    );
    const exported = network.exportWeights();
    t.is(expected.size, 72);
    for (const [name, data] of expected) t.deepEqual(exported.get(name)?.data, data, name);
    const normed = [...network.state.keys()].filter((name) => name.endsWith('.variance'));
    t.deepEqual(normed, ['decoder.0.variance', 'decoder.1.variance', 'decoder.2.variance']);
  },
);

test.serial('a backbone for another network is refused', async (t) => {
  const request = { ...(await requestOf('resnet.onnx')), architecture: 'zhang-2016' } as const;
  await t.throwsAsync(chooseBase(request, prior, await bundledEmbedding()), {
    code: 'USAGE',
    message: /--backbone: expected --architecture resnet-unet and --train all but got zhang-2016/,
  });
});
