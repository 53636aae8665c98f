import type { ConvOp } from './layer-ops.ts';
import { lumaInput, NodeList, type Node } from './nodes.ts';

/** Side of its picture, pixels. */
export const inceptionResnetSide = 299;
/** The scores of ImageNet's 1000 classes before the softmax, one row and one column: the embedding. */
export const inceptionResnetScores = 'predictions';
/** The mean features before the scores: 1536 channels, one row and one column. */
export const inceptionResnetFeatures = 'avg_pool';

const classes = 1000;

/** A convolution: output channels, and rows and columns of its kernel. */
type Filter = readonly [channels: number, rows: number, columns: number];

/** Blocks of one kind, which add a share of their branches to their input. */
interface Residual {
  readonly name: string;
  readonly repeats: number;
  readonly share: number;
  readonly channels: number;
  readonly branches: readonly (readonly Filter[])[];
}

const block35: Residual = {
  name: 'block35',
  repeats: 10,
  share: 0.17,
  channels: 320,
  branches: [
    [[32, 1, 1]],
    [
      [32, 1, 1],
      [32, 3, 3],
    ],
    [
      [32, 1, 1],
      [48, 3, 3],
      [64, 3, 3],
    ],
  ],
};
const block17: Residual = {
  name: 'block17',
  repeats: 20,
  share: 0.1,
  channels: 1088,
  branches: [
    [[192, 1, 1]],
    [
      [128, 1, 1],
      [160, 1, 7],
      [192, 7, 1],
    ],
  ],
};
const block8: Residual = {
  name: 'block8',
  repeats: 9,
  share: 0.2,
  channels: 2080,
  branches: [
    [[192, 1, 1]],
    [
      [192, 1, 1],
      [224, 1, 3],
      [256, 3, 1],
    ],
  ],
};

/**
 * Inception-ResNet-v2, batch norms folded into the convolutions. Its convolutions are numbered in Keras's order,
 * `conv2d_1` to `conv2d_203`; those that end a block have Keras's names, too.
 * @param picture - bytes of luma, 299 x 299
 * @returns from luma to `inceptionResnetFeatures` and `inceptionResnetScores`
 * @see Szegedy, Ioffe, Vanhoucke, Alemi, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
 *   Learning", AAAI 2017; Keras applications
 */
export function inceptionResnetV2(): Node[] {
  const list = new NodeList();
  const layers = new Layers(list);
  let x = list.add('picture', { kind: 'grayStack' }, lumaInput);
  x = addStem(layers, x);
  x = layers.branches(
    'mixed_5b',
    x,
    192,
    [
      [[96, 1, 1]],
      [
        [48, 1, 1],
        [64, 5, 5],
      ],
      [
        [64, 1, 1],
        [96, 3, 3],
        [96, 3, 3],
      ],
    ],
    { pool: 64 },
  );
  x = addResiduals(layers, x, block35);
  x = layers.reduction('mixed_6a', x, 320, [
    [[384, 3, 3]],
    [
      [256, 1, 1],
      [256, 3, 3],
      [384, 3, 3],
    ],
  ]);
  x = addResiduals(layers, x, block17);
  x = layers.reduction('mixed_7a', x, 1088, [
    [
      [256, 1, 1],
      [384, 3, 3],
    ],
    [
      [256, 1, 1],
      [288, 3, 3],
    ],
    [
      [256, 1, 1],
      [288, 3, 3],
      [320, 3, 3],
    ],
  ]);
  x = addResiduals(layers, x, block8);
  x = addResidual(layers, x, 'block8_10', { ...block8, share: 1 });
  x = list.conv('conv_7b', x, [2080, 1536], { kernel: [1, 1] });
  x = list.add(inceptionResnetFeatures, { kind: 'globalMean' }, x);
  list.conv(inceptionResnetScores, x, [1536, classes], { kernel: [1, 1], activation: 'none' });
  return list.nodes;
}

/** Numbers convolutions in order. */
class Layers {
  readonly list: NodeList;
  #convolutions = 0;

  constructor(list: NodeList) {
    this.list = list;
  }

  conv(
    input: string,
    inChannels: number,
    [channels, ...kernel]: Filter,
    options: Partial<Pick<ConvOp, 'stride' | 'padding'>> = {},
  ): string {
    this.#convolutions += 1;
    const name = `conv2d_${this.#convolutions}`;
    return this.list.conv(name, input, [inChannels, channels], { kernel, ...options });
  }

  /** Consecutive convolutions; the options are of the last one. */
  chain(
    input: string,
    inChannels: number,
    filters: readonly Filter[],
    options: Partial<Pick<ConvOp, 'stride' | 'padding'>> = {},
  ): string {
    let [x, channels] = [input, inChannels];
    for (const [index, filter] of filters.entries()) {
      x = this.conv(x, channels, filter, index === filters.length - 1 ? options : {});
      [channels] = filter;
    }
    return x;
  }

  /** Chains side by side. `pool`: channels of one more, which begins with the mean of the neighbours. */
  branches(
    name: string,
    input: string,
    channels: number,
    chains: readonly (readonly Filter[])[],
    { pool }: { readonly pool?: number } = {},
  ): string {
    const results = chains.map((filters) => this.chain(input, channels, filters));
    if (pool !== undefined) {
      const mean = this.list.add(`${name}.pool`, { kind: 'pool', by: 'average' }, input);
      results.push(this.conv(mean, channels, [pool, 1, 1]));
    }
    return this.list.add(name, { kind: 'concat' }, ...results);
  }

  /** Chains whose last convolutions halve both sides, beside the largest neighbours. */
  reduction(name: string, input: string, channels: number, chains: readonly (readonly Filter[])[]): string {
    const halving = { stride: 2, padding: 'valid' } as const;
    const results = chains.map((filters) => this.chain(input, channels, filters, halving));
    const largest = this.list.add(`${name}.pool`, { kind: 'pool', by: 'max' }, input);
    return this.list.add(name, { kind: 'concat' }, ...results, largest);
  }
}

/** From 299 to 35 pixels a side. */
function addStem(layers: Layers, picture: string): string {
  const valid = { padding: 'valid' } as const;
  let x = layers.conv(picture, 3, [32, 3, 3], { stride: 2, ...valid });
  x = layers.conv(x, 32, [32, 3, 3], valid);
  x = layers.conv(x, 32, [64, 3, 3]);
  x = layers.list.add('stem.pool_1', { kind: 'pool', by: 'max' }, x);
  x = layers.conv(x, 64, [80, 1, 1], valid);
  x = layers.conv(x, 80, [192, 3, 3], valid);
  return layers.list.add('stem.pool_2', { kind: 'pool', by: 'max' }, x);
}

function addResiduals(layers: Layers, input: string, block: Residual): string {
  let x = input;
  for (let repeat = 1; repeat <= block.repeats; repeat++) {
    const name = `${block.name}_${repeat}`;
    const sum = addResidual(layers, x, name, block);
    x = layers.list.add(name, { kind: 'activation', by: 'relu' }, sum);
  }
  return x;
}

function addResidual(
  layers: Layers,
  input: string,
  name: string,
  { channels, branches, share }: Residual,
): string {
  const { list } = layers;
  const joined = layers.branches(`${name}_mixed`, input, channels, branches);
  const width = branches.reduce((sum, filters) => sum + (filters.at(-1)?.[0] ?? NaN), 0);
  const point = { kernel: [1, 1], activation: 'none' } as const;
  const up = list.conv(`${name}_conv`, joined, [width, channels], point);
  const part = list.add(`${name}_share`, { kind: 'scale', factor: share }, up);
  return list.add(`${name}_sum`, { kind: 'add' }, input, part);
}
