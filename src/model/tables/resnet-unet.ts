import { scaledChannels } from './channels.ts';
import type { Head } from './head.ts';
import { addClassification } from './koalarization.ts';
import { lumaInput, NodeList, type Node } from './nodes.ts';
import { addResnet34 } from './resnet-encoder.ts';
import { addSelfAttention } from './self-attention.ts';

/** ImageNet's mean and spread of gray, bytes: the same for all colours, so that their weights can be summed. */
const inputScale = { centre: 114.5, unit: 57.6 } as const;
/** The decoder's channels at a sixteenth, an eighth, a quarter and a half of the picture. */
const decoderChannels = [256, 128, 96, 64] as const;
/** a*, b* as fractions of this follow from the hyperbolic tangent. */
const abScale = 128;

/** The settings of the network. */
export interface ResnetUnetSize {
  /** multiplies the channels; 1 is ResNet-34 */
  readonly width?: number | undefined;
  /** whether the decoder has self-attention at an eighth of the picture; absent: no */
  readonly hasAttention?: boolean | undefined;
}

/**
 * A U-Net on ResNet-34, as DeOldify's generator is one: each step of the decoder enlarges the features, joins them with
 * the encoder's map of that size, and convolves them.
 * @returns from luma [1, h, w] to a*, b*: classes at h/4, or with the regression head a hyperbolic tangent at h/2
 */
export function resnetUnet(head: Head, { width = 1, hasAttention = false }: ResnetUnetSize): Node[] {
  const list = new NodeList();
  const picture = list.add('picture', { kind: 'shiftScale', ...inputScale }, lumaInput);
  const [half, quarter, eighth, sixteenth, deepest] = addResnet34(list, picture, width);
  const skips =
    head.kind === 'classification' ? [sixteenth, eighth, quarter] : [sixteenth, eighth, quarter, half];
  let { value: x, channels } = deepest;
  for (const [index, skip] of skips.entries()) {
    const name = `decoder.${index}`;
    const out = scaledChannels(decoderChannels[index] ?? NaN, width);
    x = list.add(`${name}.resized`, { kind: 'resizeLike' }, x, skip.value);
    x = list.add(`${name}.input`, { kind: 'concat' }, x, skip.value);
    x = list.conv(name, x, [channels + skip.channels, out]);
    if (hasAttention && index === 1) x = addSelfAttention(list, 'decoder.attention', x, out);
    channels = out;
  }
  if (head.kind === 'classification') addClassification(list, x, channels, head);
  else addRegression(list, x, channels);
  return list.nodes;
}

/** The values that the encoder passes on, and those before the last layers. */
export function resnetUnetCuts(head: Head): Record<'decoder' | 'head', string[]> {
  const [half, ...deeper] = addResnet34(new NodeList(), lumaInput);
  const isFine = head.kind === 'regression';
  const maps = (isFine ? [half, ...deeper] : deeper).map(({ value }) => value);
  return { decoder: maps, head: [isFine ? 'decoder.3.input' : 'decoder.2.input'] };
}

function addRegression(list: NodeList, input: string, channels: number): void {
  const ab = list.conv('head', input, [channels, 2], { activation: 'tanh' });
  list.add('ab', { kind: 'scale', factor: abScale }, ab);
}
