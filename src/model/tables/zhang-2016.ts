import { scaledChannels } from './channels.ts';
import type { ClassificationHead } from './head.ts';
import { addClassification } from './koalarization.ts';
import { lumaInput, NodeList, type Node } from './nodes.ts';

/** Consecutive 3x3 convolutions with the same number of output channels. */
interface Block {
  readonly channels: number;
  readonly layers: number;
  /** of the last layer */
  readonly stride: 1 | 2;
  readonly dilation: 1 | 2;
}

/** conv1 to conv7 */
const blocks: readonly Block[] = [
  { channels: 64, layers: 2, stride: 2, dilation: 1 },
  { channels: 128, layers: 2, stride: 2, dilation: 1 },
  { channels: 256, layers: 3, stride: 2, dilation: 1 },
  { channels: 512, layers: 3, stride: 1, dilation: 1 },
  { channels: 512, layers: 3, stride: 1, dilation: 2 },
  { channels: 512, layers: 3, stride: 1, dilation: 2 },
  { channels: 512, layers: 3, stride: 1, dilation: 1 },
];
/** conv8, at a quarter of the picture */
const lastBlock = { channels: 256, layers: 3 } as const;

/** The values before conv8 (at an eighth of the picture) and before the head (at a quarter). */
export const zhangCuts = { decoder: ['conv7_3'], head: ['conv8_3'] } as const;

/**
 * The VGG-style network of "Colorful Image Colorization": eight blocks, numbered as in its Caffe model. There batch norm
 * follows each block; here it follows each convolution, so that it can be folded into the weights.
 * @param width - multiplies the channels; 1 is the paper's network
 * @returns from luma [1, h, w] to a*, b* [2, h/4, w/4]
 * @see Zhang, Isola, Efros, ECCV 2016; github.com/richzhang/colorization/tree/caffe
 */
export function zhang2016(head: ClassificationHead, width = 1): Node[] {
  const list = new NodeList();
  let x = list.add('lightness', { kind: 'lightness' }, lumaInput);
  let channels = 1;
  for (const [index, block] of blocks.entries()) {
    const out = scaledChannels(block.channels, width);
    for (let layer = 1; layer <= block.layers; layer++) {
      const stride = layer === block.layers ? block.stride : 1;
      x = list.conv(`conv${index + 1}_${layer}`, x, [channels, out], { stride, dilation: block.dilation });
      channels = out;
    }
  }
  const out = scaledChannels(lastBlock.channels, width);
  x = list.add('conv8_1', { kind: 'transposedConv', inChannels: channels, outChannels: out }, x);
  for (let layer = 2; layer <= lastBlock.layers; layer++) x = list.conv(`conv8_${layer}`, x, [out, out]);
  addClassification(list, x, out, head);
  return list.nodes;
}
