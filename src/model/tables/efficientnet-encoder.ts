import { scaledChannels } from './channels.ts';
import type { ConvOp } from './layer-ops.ts';
import type { NodeList } from './nodes.ts';

/** The names of this encoder's layers start with this. */
export const efficientNetPrefix = 'efficientnet.';

/** The settings that define the size of an EfficientNet-Lite. */
export interface EfficientNetSize {
  /** Multiplies the channels: 1 is lite0 and lite1, 1.1 is lite2. */
  readonly width: number;
  /** Multiplies the blocks of a stage: 1 is lite0, 1.2 is lite2. */
  readonly depth: number;
}

/** A map of the encoder: the name of the value, and its channels. */
export interface EncoderMap {
  readonly value: string;
  readonly channels: number;
}

/** The maps at a quarter, an eighth, a sixteenth and a thirty-second of the encoder's picture. */
export type EncoderMaps = readonly [EncoderMap, EncoderMap, EncoderMap, EncoderMap];

/** Consecutive blocks of one kind; the first has the stride. */
interface Stage {
  readonly blocks: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  /** The depthwise convolution of a block has this many times the channels of the block's input. */
  readonly expansion: number;
  readonly channels: number;
  /** Whether the decoder uses the map after this stage. */
  readonly isMap: boolean;
}

const stemChannels = 32;
const stages: readonly Stage[] = [
  { blocks: 1, kernel: 3, stride: 1, expansion: 1, channels: 16, isMap: false },
  { blocks: 2, kernel: 3, stride: 2, expansion: 6, channels: 24, isMap: true },
  { blocks: 2, kernel: 5, stride: 2, expansion: 6, channels: 40, isMap: true },
  { blocks: 3, kernel: 3, stride: 2, expansion: 6, channels: 80, isMap: false },
  { blocks: 3, kernel: 5, stride: 1, expansion: 6, channels: 112, isMap: true },
  { blocks: 4, kernel: 5, stride: 2, expansion: 6, channels: 192, isMap: false },
  { blocks: 1, kernel: 3, stride: 1, expansion: 6, channels: 320, isMap: true },
];

/**
 * Adds the encoder of EfficientNet-Lite (no squeeze-and-excitation, ReLU6), with batch norms folded into the
 * convolutions. It pads by (kernel - 1) / 2 on every side, as PyTorch does. The weights of its first layer are summed
 * over the three colours, which are equal in a gray picture.
 * @param picture - one channel, (v - 127) / 128
 * @see Tan, Le, "EfficientNet", ICML 2019; github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
 */
export function addEfficientNetLite(list: NodeList, picture: string, size: EfficientNetSize): EncoderMaps {
  const stem = { stride: 2, activation: 'relu6' } as const;
  let x = list.conv(`${efficientNetPrefix}stem`, picture, [1, stemChannels], stem);
  let channels = stemChannels;
  let blocks = 0;
  const maps: EncoderMap[] = [];
  for (const [index, stage] of stages.entries()) {
    const isOuter = index === 0 || index === stages.length - 1;
    const repeats = isOuter ? stage.blocks : Math.ceil(stage.blocks * size.depth);
    const outChannels = scaledChannels(stage.channels, size.width);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const stride = repeat === 0 ? stage.stride : 1;
      x = addBlock(list, x, `${efficientNetPrefix}block_${blocks}`, {
        channels: [channels, outChannels],
        stage: { ...stage, stride },
      });
      channels = outChannels;
      blocks += 1;
    }
    if (stage.isMap) maps.push({ value: x, channels });
  }
  return maps as unknown as EncoderMaps;
}

/**
 * An inverted bottleneck: more channels, a depthwise convolution, fewer channels. Its input is added to the result if
 * the shapes are equal.
 */
function addBlock(
  list: NodeList,
  input: string,
  name: string,
  { channels, stage }: { readonly channels: readonly [number, number]; readonly stage: Stage },
): string {
  const [inChannels, outChannels] = channels;
  const { kernel, stride, expansion } = stage;
  const wide = inChannels * expansion;
  const point = (activation: ConvOp['activation']): Partial<ConvOp> => ({ kernel: [1, 1], activation });
  let x = input;
  if (expansion !== 1) x = list.conv(`${name}.expand`, x, [inChannels, wide], point('relu6'));
  x = list.add(`${name}.depthwise`, { kind: 'depthwise', channels: wide, kernel, stride }, x);
  x = list.conv(`${name}.project`, x, [wide, outChannels], point('none'));
  if (stride === 2 || inChannels !== outChannels) return x;
  return list.add(`${name}.sum`, { kind: 'add' }, input, x);
}
