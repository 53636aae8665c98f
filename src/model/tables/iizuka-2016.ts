import { scaledChannels } from './channels.ts';
import { lumaInput, NodeList, type Node } from './nodes.ts';

/** The size of the picture for the global features, rows and columns. */
const globalSide = 224;
/** Rows and columns of the map that the first fully connected layer sees: a thirty-second of the side. */
const lastSide = globalSide / 32;

/** Output channels and stride of each convolution. */
type Layers = readonly (readonly [channels: number, stride: 1 | 2])[];

const lowLevel: Layers = [
  [64, 2],
  [128, 1],
  [128, 2],
  [256, 1],
  [256, 2],
  [512, 1],
];
const midLevel: Layers = [
  [512, 1],
  [256, 1],
];
const globalLevel: Layers = [
  [512, 2],
  [512, 1],
  [512, 2],
  [512, 1],
];
/** Fully connected layers after `globalLevel`. The class head sees the second one. */
const globalVectors = [1024, 512, 256] as const;
/** The hidden layer of the class head. */
const classChannels = 256;
const fusionChannels = 256;

/** The global features of a picture, one vector: 256 channels (times the width), one row, one column. */
export const globalFeatures = 'global.vector.2';
/** The channels of `globalFeatures`. */
export function globalChannels({ width = 1 }: IizukaSize): number {
  return scaledChannels(globalVectors[2], width);
}

/** The scores of the kinds of scene: one channel each, one row, one column. */
export const sceneScores = 'scenes';

/** The values that the encoder passes on, and the value before the last layers. */
export const iizukaCuts = { decoder: ['fusion'], head: ['decoder.2'] } as const;

/** The settings of the network. */
export interface IizukaSize {
  /** multiplies the channels; 1 is the paper's network */
  readonly width?: number | undefined;
  /** kinds of scene that the class head tells apart, for joint training; absent: no class head */
  readonly sceneClasses?: number | undefined;
}

/**
 * The network of "Let there be Color!": low-level features (shared by both paths), mid-level features of the picture,
 * global features of a copy of 224 x 224, their fusion, and a decoder. If there is a class head, it comes last, so no
 * other value depends on it. To take the style of another picture, compute `globalFeatures` of that one.
 *
 * A fully connected layer is a 1x1 convolution of a map with one pixel, the first one a 7x7 convolution without padding.
 * The fully connected layers have no batch norm, because small batches would erase what they see.
 * @returns from luma [1, h, w] to a*, b* [2, h/2, w/2]
 * @see Iizuka, Simo-Serra, Ishikawa, SIGGRAPH 2016
 */
export function iizuka2016({ width = 1, sceneClasses }: IizukaSize): Node[] {
  const list = new NodeList();
  const scaled = (channels: number): number => scaledChannels(channels, width);
  const picture = list.add('lightness', { kind: 'lightness' }, lumaInput);
  const low = addLayers(list, 'low', { value: picture, channels: 1 }, lowLevel, width);
  const mid = addLayers(list, 'mid', low, midLevel, width);

  const small = list.add(
    'global.picture',
    { kind: 'resizeTo', rows: globalSide, columns: globalSide },
    picture,
  );
  const lowAgain = addLayers(list, 'global.low', { value: small, channels: 1 }, lowLevel, width, 'low');
  const { vectors, second } = addGlobalVectors(list, lowAgain, width);

  const spread = list.add('global.spread', { kind: 'resizeLike' }, vectors.value, mid.value);
  let x = list.add('fusion.input', { kind: 'concat' }, mid.value, spread);
  x = list.conv('fusion', x, [mid.channels + vectors.channels, scaled(fusionChannels)], { kernel: [1, 1] });
  addDecoder(list, { value: x, channels: scaled(fusionChannels) }, width);
  if (sceneClasses !== undefined) addClassHead(list, second, scaled(classChannels), sceneClasses);
  return list.nodes;
}

/** A value and its channels. */
interface Features {
  readonly value: string;
  readonly channels: number;
}

/** @param weightsOf - prefix of the layers whose weights these layers use, too */
function addLayers(
  list: NodeList,
  prefix: string,
  { value, channels }: Features,
  layers: Layers,
  width: number,
  weightsOf?: string,
): Features {
  let features = { value, channels };
  for (const [index, [outChannels, stride]] of layers.entries()) {
    const out = scaledChannels(outChannels, width);
    const sharesWith = weightsOf === undefined ? undefined : `${weightsOf}.${index}`;
    const name = `${prefix}.${index}`;
    const conv = list.conv(name, features.value, [features.channels, out], { stride, sharesWith });
    features = { value: conv, channels: out };
  }
  return features;
}

function addGlobalVectors(
  list: NodeList,
  low: Features,
  width: number,
): { vectors: Features; second: Features } {
  let features = addLayers(list, 'global', low, globalLevel, width);
  const all = globalVectors.map((channels, index) => {
    const out = scaledChannels(channels, width);
    const kernel = index === 0 ? ([lastSide, lastSide] as const) : ([1, 1] as const);
    const value = list.conv(`global.vector.${index}`, features.value, [features.channels, out], {
      kernel,
      padding: 'valid',
      norm: 'none',
    });
    return (features = { value, channels: out });
  });
  return { vectors: all[2] ?? features, second: all[1] ?? features };
}

/** From the fusion at an eighth of the picture to a*, b* at half of it: a sigmoid for each, 0..1 for -128..128. */
function addDecoder(list: NodeList, { value, channels }: Features, width: number): void {
  const [wide, middle, narrow] = [128, 64, 32].map((count) => scaledChannels(count, width)) as [
    number,
    number,
    number,
  ];
  let x = list.conv('decoder.0', value, [channels, wide]);
  x = list.add('decoder.0.upsample', { kind: 'upsample' }, x);
  x = list.conv('decoder.1', x, [wide, middle]);
  x = list.conv('decoder.2', x, [middle, middle]);
  x = list.add('decoder.2.upsample', { kind: 'upsample' }, x);
  x = list.conv('decoder.3', x, [middle, narrow]);
  x = list.conv('decoder.4', x, [narrow, 2], { activation: 'sigmoid' });
  list.add('ab', { kind: 'shiftScale', centre: 0.5, unit: 1 / 256 }, x);
}

function addClassHead(list: NodeList, { value, channels }: Features, hidden: number, classes: number): void {
  const kernel = [1, 1] as const;
  const x = list.conv('scenes.hidden', value, [channels, hidden], { kernel, norm: 'none' });
  list.conv(sceneScores, x, [hidden, classes], { kernel, activation: 'none' });
}
