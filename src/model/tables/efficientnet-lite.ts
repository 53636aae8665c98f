import { addEfficientNetLite, type EfficientNetSize } from './efficientnet-encoder.ts';
import { addClassification } from './koalarization.ts';
import type { ClassificationHead } from './head.ts';
import { conditionSize, lumaInput, NodeList, type Node } from './nodes.ts';
import { addSelfAttention } from './self-attention.ts';

/** The settings of a network's encoder. */
export interface EncoderSpec extends EfficientNetSize {
  /** The encoder sees the picture enlarged by this factor, with its aspect ratio unchanged. */
  readonly enlargement: 1 | 1.25 | 1.5;
}

/** Input scaling of the ImageNet weights: (v - 127) / 128. */
const inputScale = { centre: 127, unit: 128 } as const;
/** The decoder's channels at a sixteenth, an eighth and a quarter of the picture, and before the head. */
const decoderChannels = [192, 128, 96, 96] as const;
/** The encoder's first map, at a quarter of the picture. */
const quarterMap = 'decoder.2.skip';
/** The result of the last join of maps; the decoder's last layers follow. */
export const lastJoin = 'decoder.2.input';

/**
 * Uses EfficientNet-Lite's maps as the encoder of a U-Net. The deepest map is fused with the scene's embedding, and
 * brought back to a quarter of the picture together with the earlier maps.
 * @param hasAttention - whether the decoder has self-attention at a sixteenth of the encoder's picture
 * @returns from luma [1, h, w] to a*, b* [2, h/4, w/4]
 */
export function efficientNetLite(
  encoder: EncoderSpec,
  head: ClassificationHead,
  hasAttention = false,
): Node[] {
  const list = new NodeList();
  let picture = list.add('picture', { kind: 'shiftScale', ...inputScale }, lumaInput);
  const factor = [encoder.enlargement * 4, 4] as const;
  if (encoder.enlargement !== 1) picture = list.add('picture.enlarged', { kind: 'enlarge', factor }, picture);
  const [quarter, eighth, sixteenth, deepest] = addEfficientNetLite(list, picture, encoder);

  let x = list.conv('deep', deepest.value, [deepest.channels, conditionSize], {
    kernel: [1, 1],
    activation: 'none',
  });
  x = list.add('scene', { kind: 'condition', weight: 'scene.weight', bias: 'scene.bias' }, x);
  let channels = conditionSize;
  for (const [index, map] of [sixteenth, eighth].entries()) {
    const name = `decoder.${index}`;
    x = list.add(`${name}.resized`, { kind: 'resizeLike' }, x, map.value);
    x = list.add(`${name}.input`, { kind: 'concat' }, x, map.value);
    const outChannels = decoderChannels[index] ?? NaN;
    x = list.conv(name, x, [channels + map.channels, outChannels]);
    if (hasAttention && index === 0) x = addSelfAttention(list, `${name}.attention`, x, outChannels);
    channels = outChannels;
  }
  // A quarter of the encoder's picture is larger than a quarter of the picture.
  const skip = list.add(quarterMap, { kind: 'resizeLike', divisor: 4 }, quarter.value, lumaInput);
  x = list.add('decoder.2.resized', { kind: 'resizeLike' }, x, skip);
  x = list.add(lastJoin, { kind: 'concat' }, x, skip);
  x = list.conv('decoder.2', x, [channels + quarter.channels, decoderChannels[2]]);
  x = list.conv('decoder.3', x, [decoderChannels[2], decoderChannels[3]]);
  addClassification(list, x, decoderChannels[3], head);
  return list.nodes;
}

/** The values that the encoder of a network passes on to the rest. */
export function encoderCuts(encoder: EncoderSpec): readonly string[] {
  const [, eighth, sixteenth, deepest] = addEfficientNetLite(new NodeList(), lumaInput, encoder);
  return [quarterMap, eighth.value, sixteenth.value, deepest.value];
}
