import test from 'ava';
import { critic, criticInput, criticScores } from '../../../src/model/tables/critic.ts';
import { iizuka2016 } from '../../../src/model/tables/iizuka-2016.ts';
import { inceptionResnetV2 } from '../../../src/model/tables/inception-resnet-v2.ts';
import { mapShapesOf, type MapShape } from '../../../src/model/tables/map-shapes.ts';
import { networkNodes, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { costOf } from '../../../src/model/tables/network-cost.ts';
import { lumaInput, nodesFor, type Node } from '../../../src/model/tables/nodes.ts';
import { addResnet34 } from '../../../src/model/tables/resnet-encoder.ts';
import { resnetUnet } from '../../../src/model/tables/resnet-unet.ts';
import { addSelfAttention } from '../../../src/model/tables/self-attention.ts';
import { NodeList } from '../../../src/model/tables/nodes.ts';
import { zhang2016 } from '../../../src/model/tables/zhang-2016.ts';

const classification = { kind: 'classification', stride: 4, classes: 313 } as const;

/** A luma picture as the only input. */
const picture = (rows: number, columns: number): Map<string, MapShape> =>
  new Map([[lumaInput, [1, rows, columns]]]);

/** Weights and biases of 3x3 convolutions from one number of channels to the next. */
const of3x3 = (...channels: readonly number[]): number =>
  channels.slice(1).reduce((sum, out, i) => sum + 9 * (channels[i] ?? NaN) * out + out, 0);

test('Zhang et al.: eight blocks with the layers, strides and dilations of their Caffe model', (t) => {
  const layers = zhang2016(classification).flatMap(({ name, op }) =>
    op.kind === 'conv' && name.startsWith('conv')
      ? [`${name} ${op.outChannels}${op.stride === 2 ? '/2' : ''}${op.dilation === 2 ? ' dilated' : ''}`]
      : [],
  );
  const block = (name: string, channels: number, suffix = ''): string[] =>
    [1, 2, 3].map((layer) => `${name}_${layer} ${channels}${suffix}`);
  t.deepEqual(layers, [
    ...['conv1_1 64', 'conv1_2 64/2', 'conv2_1 128', 'conv2_2 128/2'],
    ...['conv3_1 256', 'conv3_2 256', 'conv3_3 256/2'],
    ...block('conv4', 512),
    ...block('conv5', 512, ' dilated'),
    ...block('conv6', 512, ' dilated'),
    ...block('conv7', 512),
    ...['conv8_2 256', 'conv8_3 256'],
  ]);
});

test('Zhang et al.: 32.2 million parameters, and scores at a quarter of the picture', (t) => {
  const nodes = zhang2016(classification);
  const expected =
    of3x3(1, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512) +
    of3x3(...Array.from({ length: 10 }, () => 512)) +
    (16 * 512 * 256 + 256) +
    of3x3(256, 256, 256) +
    (256 * 313 + 313);
  t.is(costOf(nodes, picture(256, 256)).parameters, expected);
  t.is(Math.round(expected / 1e5), 322);
  const shapes = mapShapesOf(nodes, picture(256, 256));
  t.deepEqual(shapes.get('conv7_3'), [512, 32, 32]);
  t.deepEqual(shapes.get('head'), [313, 64, 64]);
});

test('Iizuka et al.: the features and the classes have the sizes of their table', (t) => {
  const nodes = iizuka2016({ sceneClasses: 205 });
  const shapes = mapShapesOf(nodes, picture(144, 256));
  t.deepEqual(shapes.get('low.5'), [512, 18, 32]);
  t.deepEqual(shapes.get('mid.1'), [256, 18, 32]);
  t.deepEqual(shapes.get('global.3'), [512, 7, 7]);
  t.deepEqual(
    [0, 1, 2].map((index) => shapes.get(`global.vector.${index}`)),
    [
      [1024, 1, 1],
      [512, 1, 1],
      [256, 1, 1],
    ],
  );
  t.deepEqual(shapes.get('fusion.input'), [512, 18, 32]);
  t.deepEqual(shapes.get('scenes'), [205, 1, 1]);
  t.deepEqual(shapes.get('ab'), [2, 72, 128]);
});

test('Iizuka et al.: both paths share the weights of the low-level features', (t) => {
  const nodes = iizuka2016({});
  const layers = (prefix: string): Node[] => nodes.filter(({ name }) => name.startsWith(prefix));
  t.deepEqual(
    layers('global.low.').map(({ op }) => (op.kind === 'conv' ? op.sharesWith : '')),
    layers('low.').map(({ name }) => name),
  );
  const low = of3x3(1, 64, 128, 128, 256, 256, 512);
  const rest =
    of3x3(512, 512, 256) + // mid-level
    of3x3(512, 512, 512, 512, 512) +
    (49 * 512 * 1024 + 1024 + 1024 * 512 + 512 + 512 * 256 + 256) + // global
    (512 * 256 + 256) + // fusion
    of3x3(256, 128, 64, 64, 32, 2);
  t.is(costOf(nodes, picture(144, 256)).parameters, low + rest);
});

test('ResNet-34: the parameters of torchvision, and the 3.6 billion multiply-adds of the paper', (t) => {
  const list = new NodeList();
  const maps = addResnet34(list, lumaInput);
  const { parameters, multiplyAdds } = costOf(list.nodes, picture(224, 224));
  // Without the classifier torchvision has 21,284,672; 8,512 of them are gammas, which are folded into the weights, and
  // two of three colours of the first layer are gone.
  t.is(parameters, 21_284_672 - 8_512 - 2 * 64 * 49);
  const colours = 2 * 64 * 49 * 112 * 112;
  t.is(Math.round((multiplyAdds + colours) / 1e8), 37);
  const shapes = mapShapesOf(list.nodes, picture(224, 224));
  t.deepEqual(
    maps.map(({ value }) => shapes.get(value)),
    [
      [64, 112, 112],
      [64, 56, 56],
      [128, 28, 28],
      [256, 14, 14],
      [512, 7, 7],
    ],
  );
});

test('a U-Net on ResNet-34 gives classes at a quarter, or colours at half of the picture', (t) => {
  const at = (nodes: readonly Node[]): MapShape | undefined =>
    mapShapesOf(nodes, picture(144, 216)).get('ab');
  t.deepEqual(at(resnetUnet(classification, { hasAttention: true })), [2, 36, 54]);
  t.deepEqual(at(resnetUnet({ kind: 'regression', stride: 2 }, {})), [2, 72, 108]);
});

test("the critic has DeOldify's layers, and gives a score for each patch", (t) => {
  const shapes = mapShapesOf(critic(), new Map([[criticInput, [3, 192, 256]]]));
  t.deepEqual(shapes.get('critic.first'), [256, 96, 128]);
  t.deepEqual(shapes.get('critic.0.attention'), [512, 48, 64]);
  t.deepEqual(shapes.get('critic.2.half'), [2048, 12, 16]);
  t.deepEqual(shapes.get(criticScores), [1, 9, 13]);
});

test('self-attention costs as many products as there are pairs of positions', (t) => {
  const list = new NodeList();
  addSelfAttention(list, 'attention', lumaInput, 64);
  const { multiplyAdds, parameters } = costOf(list.nodes, new Map([[lumaInput, [64, 8, 8]]]));
  t.is(multiplyAdds, 64 * (2 * 64 * 8 + 64 * 64) + 64 * 64 * (8 + 64));
  t.is(parameters, 2 * 64 * 8 + 64 * 64 + 1);
});

test('Inception-ResNet-v2 has the parameters that Keras counts, and 13.2 billion multiply-adds', (t) => {
  const nodes = inceptionResnetV2();
  const { parameters, multiplyAdds } = costOf(nodes, picture(299, 299));
  t.is(parameters, 55_813_192);
  t.is(Math.round(multiplyAdds / 1e8), 132);
  t.is(nodes.filter(({ name }) => name.startsWith('conv2d_')).length, 203);
  const shapes = mapShapesOf(nodes, picture(299, 299));
  t.deepEqual(
    ['mixed_5b', 'block35_10', 'mixed_6a', 'block17_20', 'mixed_7a', 'conv_7b', 'predictions'].map((name) =>
      shapes.get(name),
    ),
    [
      [320, 35, 35],
      [320, 35, 35],
      [1088, 17, 17],
      [1088, 17, 17],
      [2080, 8, 8],
      [1536, 8, 8],
      [1000, 1, 1],
    ],
  );
});

const small: readonly NetworkSpec[] = [
  { architecture: 'zhang-2016', head: classification, width: 1 / 8 },
  { architecture: 'iizuka-2016', head: { kind: 'regression', stride: 2 }, width: 1 / 8 },
  { architecture: 'resnet-unet', head: classification, width: 1 / 8 },
];
for (const spec of small)
  test(`${spec.architecture} with an eighth of the channels has some 64th of the parameters`, (t) => {
    const parts = [1, spec.width ?? 1].map((width) => {
      const nodes = nodesFor(networkNodes({ ...spec, width }), ['ab']);
      return costOf(nodes, picture(144, 256)).parameters;
    });
    const ratio = (parts[0] ?? NaN) / (parts[1] ?? NaN);
    t.true(ratio > 45 && ratio < 70, `${ratio}`);
  });
