import { addEfficientNetLite, efficientNetPrefix, type EfficientNetSize } from './efficientnet-encoder.ts';
import { lumaInput, NodeList, type Node } from './nodes.ts';

/** The scores of ImageNet's 1000 classes before the softmax, one row and one column. */
export const efficientNetScores = `${efficientNetPrefix}classes`;
/** Side of the picture that lite0 was trained with, pixels; the larger ones take it, too. */
export const efficientNetSide = 224;

/** Channels of the last layer before the classes, in all sizes. */
const topChannels = 1280;
const classes = 1000;

/** lite0 to lite4. */
export const efficientNetSizes: readonly EfficientNetSize[] = [
  { width: 1, depth: 1 },
  { width: 1, depth: 1.1 },
  { width: 1.1, depth: 1.2 },
  { width: 1.2, depth: 1.4 },
  { width: 1.4, depth: 1.8 },
];

/**
 * EfficientNet-Lite with its own classifier, batch norms folded into the convolutions.
 * @returns from luma [1, h, w] to `efficientNetScores` [1000, 1, 1]
 */
export function efficientNetClassifier(size: EfficientNetSize): Node[] {
  const list = new NodeList();
  const picture = list.add('picture', { kind: 'shiftScale', centre: 127, unit: 128 }, lumaInput);
  const { value, channels } = addEfficientNetLite(list, picture, size)[3];
  const kernel = [1, 1] as const;
  const top = list.conv(`${efficientNetPrefix}top`, value, [channels, topChannels], {
    kernel,
    activation: 'relu6',
  });
  const mean = list.add('mean', { kind: 'globalMean' }, top);
  list.conv(efficientNetScores, mean, [topChannels, classes], { kernel, activation: 'none' });
  return list.nodes;
}
