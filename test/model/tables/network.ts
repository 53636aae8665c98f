import test from 'ava';
import { networkNodes, weightShapes, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { nodesFor, type Node } from '../../../src/model/tables/nodes.ts';

const classification = { kind: 'classification', stride: 4, classes: 189 } as const;
const seed: NetworkSpec = { architecture: 'koalarization', head: { kind: 'regression', stride: 2 } };
const starter: NetworkSpec = { architecture: 'koalarization', head: classification };
const trunk: NetworkSpec = { architecture: 'inception-trunk', head: classification };
const light: NetworkSpec = {
  architecture: 'efficientnet-lite',
  encoder: { width: 1, depth: 1, enlargement: 1.25 },
  head: classification,
};
const lite2: NetworkSpec = { ...light, encoder: { width: 1.1, depth: 1.2, enlargement: 1.5 } };

test('the encoder and decoder are those of the seed network', (t) => {
  const table = networkNodes(seed).map(({ op }) =>
    op.kind === 'conv' ? `${op.outChannels}${op.stride === 2 ? '/s2' : ''}` : op.kind,
  );
  t.deepEqual(table, [
    'lightness',
    ...['64/s2', '128', '128/s2', '256', '256/s2', '512', '512', '256'],
    ...['256', 'condition'],
    ...['128', 'upsample', '64', '64', 'upsample', '32', '2', 'scale'],
  ]);
});

for (const spec of [seed, starter, trunk, light, lite2]) {
  const title = `${spec.architecture}, ${spec.head.kind}${spec === lite2 ? ', lite2' : ''}`;

  test(`${title}: the input channels of each layer are the output channels of its inputs`, (t) => {
    const channels = new Map([['luma', 1]]);
    for (const node of networkNodes(spec)) {
      const given = node.inputs.map((name) => channels.get(name) ?? NaN);
      if (node.op.kind === 'conv') t.deepEqual(given, [node.op.inChannels], node.name);
      if (node.op.kind === 'depthwise') t.deepEqual(given, [node.op.channels], node.name);
      if (node.op.kind === 'add') t.is(given[0], given[1], node.name);
      channels.set(node.name, channelsOut(node, given));
    }
  });

  test(`${title}: every node has a unique name and depends only on earlier nodes`, (t) => {
    const seen = new Set(['luma']);
    for (const { name, inputs } of networkNodes(spec)) {
      t.true(
        inputs.every((input) => seen.has(input)),
        name,
      );
      t.false(seen.has(name), name);
      seen.add(name);
    }
  });
}

test('a classification model of 189 classes has 7 million weights', (t) => {
  // The starter file has 13,674,062 bytes, of which 2,656 are its header, and 2 bytes per weight.
  t.is(countWeights(starter), (13_674_062 - 2_656) / 2);
});

test('a model based on Inception stores only the weights of its decoder', (t) => {
  // 1x1: 288 x 128, 768 x 256; scene 2048 x 256; 3x3: 256 x 128 twice, 128 x 96; head 96 x 189; biases; bins.
  const expected = [
    288 * 128 + 128,
    768 * 256 + 256,
    2048 * 256 + 256,
    2 * (9 * 256 * 128 + 128),
    9 * 128 * 96 + 96,
  ]
    .concat([96 * 189 + 189, 189 * 2])
    .reduce((sum, count) => sum + count, 0);
  t.is(countWeights(trunk), expected);
});

test('the Inception up to mixed7 has the 70 convolutions that Keras lists', (t) => {
  const convolutions = networkNodes(trunk).filter(({ name }) => name.startsWith('trunk.conv2d_'));
  t.is(convolutions.length, 70);
});

test('EfficientNet-Lite has the blocks and the channels after each stage that Google lists', (t) => {
  t.deepEqual(blocksOf(light), [16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112, 192, 192, 192, 192, 320]);
  t.deepEqual(blocksOf(lite2), [
    16,
    ...ofEach(3, [24, 48]),
    ...ofEach(4, [88, 120]),
    ...ofEach(5, [208]),
    352,
  ]);
});

test("if the encoder sees an enlarged picture, the answer still has a quarter of the picture's size", (t) => {
  const decoder = networkNodes(light).slice(-9);
  t.deepEqual(
    decoder.map(({ name, op }) => [name, op.kind]),
    [
      ['decoder.1.input', 'concat'],
      ['decoder.1', 'conv'],
      ['decoder.2.skip', 'resizeLike'],
      ['decoder.2.resized', 'resizeLike'],
      ['decoder.2.input', 'concat'],
      ['decoder.2', 'conv'],
      ['decoder.3', 'conv'],
      ['head', 'conv'],
      ['ab', 'annealedMean'],
    ],
  );
});

test('the nodes for a value do not include known values and the nodes that lead to them', (t) => {
  const names = nodesFor(networkNodes(starter), ['head'], ['encoder.7']).map(({ name }) => name);
  t.deepEqual(names, [
    ...['fusion.features', 'fusion', 'decoder.0', 'decoder.0.upsample', 'decoder.1', 'decoder.2', 'head'],
  ]);
});

test('a regression head on a pretrained encoder is refused', (t) => {
  t.throws(() => networkNodes({ architecture: 'inception-trunk', head: seed.head }), { message: /head/ });
  t.throws(() => networkNodes({ ...light, head: seed.head }), { message: /head/ });
});

test('an EfficientNet-Lite without a size is refused', (t) => {
  t.throws(() => networkNodes({ architecture: 'efficientnet-lite', head: classification }), {
    message: 'efficientnet-lite: expected the size of an encoder',
  });
});

/** The number of output channels of each block. */
function blocksOf(spec: NetworkSpec): number[] {
  return networkNodes(spec).flatMap(({ name, op }) =>
    name.endsWith('.project') && op.kind === 'conv' ? [op.outChannels] : [],
  );
}

function ofEach(count: number, values: readonly number[]): number[] {
  return values.flatMap((value) => Array.from({ length: count }, () => value));
}

function countWeights(spec: NetworkSpec): number {
  const shapes = [...weightShapes(spec, 2048).values()];
  return shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

function channelsOut({ op }: Node, given: readonly number[]): number {
  if (op.kind === 'conv') return op.outChannels;
  if (op.kind === 'concat') return given.reduce((sum, count) => sum + count, 0);
  if (op.kind === 'grayStack') return 3;
  return op.kind === 'annealedMean' ? 2 : (given[0] ?? NaN);
}
