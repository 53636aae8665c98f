import { scaledChannels } from './channels.ts';
import type { EncoderMap } from './efficientnet-encoder.ts';
import type { NodeList } from './nodes.ts';

/** The names of this encoder's layers start with this; the rest is as in torchvision. */
export const resnetPrefix = 'resnet.';

/** Blocks and channels of ResNet-34's four stages; all but the first halve both sides. */
const stages = [
  { blocks: 3, channels: 64 },
  { blocks: 4, channels: 128 },
  { blocks: 6, channels: 256 },
  { blocks: 3, channels: 512 },
] as const;
const stemChannels = 64;

/** The maps at a half, a quarter, an eighth, a sixteenth and a thirty-second of the picture. */
export type ResnetMaps = readonly [EncoderMap, EncoderMap, EncoderMap, EncoderMap, EncoderMap];

/**
 * Adds the encoder of ResNet-34: two 3x3 convolutions a block, and their input added to the result. The weights of its
 * first layer are summed over the three colours, which are equal in a gray picture. Batch norms are folded into the
 * convolutions.
 * @param picture - one channel, (v - 114.5) / 57.6: the mean and spread of ImageNet
 * @param width - multiplies the channels; 1 is ResNet-34
 * @see He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, table 1
 */
export function addResnet34(list: NodeList, picture: string, width = 1): ResnetMaps {
  let channels = scaledChannels(stemChannels, width);
  let x = list.conv(`${resnetPrefix}conv1`, picture, [1, channels], { kernel: [7, 7], stride: 2 });
  const maps: EncoderMap[] = [{ value: x, channels }];
  x = list.add(`${resnetPrefix}maxpool`, { kind: 'pool', by: 'max', padding: 'same' }, x);
  for (const [index, stage] of stages.entries()) {
    const out = scaledChannels(stage.channels, width);
    for (let block = 0; block < stage.blocks; block++) {
      const stride = index > 0 && block === 0 ? 2 : 1;
      x = addBlock(list, x, `${resnetPrefix}layer${index + 1}.${block}`, {
        channels: [channels, out],
        stride,
      });
      channels = out;
    }
    maps.push({ value: x, channels });
  }
  return maps as unknown as ResnetMaps;
}

/** A block whose input has another shape than its result adds a 1x1 convolution of the input. */
function addBlock(
  list: NodeList,
  input: string,
  name: string,
  { channels, stride }: { readonly channels: readonly [number, number]; readonly stride: 1 | 2 },
): string {
  const [inChannels, outChannels] = channels;
  const linear = { activation: 'none', norm: 'batch' } as const;
  let x = list.conv(`${name}.conv1`, input, channels, { stride });
  x = list.conv(`${name}.conv2`, x, [outChannels, outChannels], linear);
  const isSame = stride === 1 && inChannels === outChannels;
  const shortcut = isSame
    ? input
    : list.conv(`${name}.downsample`, input, channels, { kernel: [1, 1], stride, ...linear });
  x = list.add(`${name}.sum`, { kind: 'add' }, x, shortcut);
  return list.add(name, { kind: 'activation', by: 'relu' }, x);
}
