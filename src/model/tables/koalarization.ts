import { conditionSize, lumaInput, NodeList, type Node } from './nodes.ts';
import type { ClassificationHead, Head } from './head.ts';

/** The seed's regression returns a*, b* as fractions of this. */
const abScale = 128;

/**
 * The seed's network, from "Deep Koalarization" (Baldassarre et al. 2017): encoder, fusion, decoder. With the
 * classification head of "Colorful Image Colorization" (Zhang et al. 2016), that head replaces the decoder's last
 * layers, at h/4. With the regression head it is the seed's own network without the last enlargement: the code that
 * composes the picture enlarges along the edges of the luma.
 * @returns from luma [1, h, w] to a*, b* [2, h/stride, w/stride]
 */
export function koalarization(head: Head): Node[] {
  const list = new NodeList();
  let x = list.add('lightness', { kind: 'lightness' }, lumaInput);
  x = addEncoder(list, x);
  x = list.conv('fusion.features', x, [256, conditionSize], {
    kernel: [1, 1],
    activation: 'none',
    hasBias: false,
  });
  x = list.add('fusion', { kind: 'condition', weight: 'fusion.embedding.weight', bias: 'fusion.bias' }, x);
  x = list.conv('decoder.0', x, [conditionSize, 128]);
  x = list.add('decoder.0.upsample', { kind: 'upsample' }, x);
  x = list.conv('decoder.1', x, [128, 64]);
  x = list.conv('decoder.2', x, [64, 64]);
  if (head.kind === 'classification') addClassification(list, x, 64, head);
  else addRegression(list, x);
  return list.nodes;
}

/**
 * Adds the classification head: a 1x1 convolution to classes, and their annealed mean, `ab`.
 * @param input - the value to classify, of `channels` channels
 */
export function addClassification(
  list: NodeList,
  input: string,
  channels: number,
  { classes, fade = 0 }: ClassificationHead,
): void {
  const scores = list.conv('head', input, [channels, classes], { kernel: [1, 1], activation: 'none' });
  list.add('ab', { kind: 'annealedMean', bins: 'head.bins', classes, fade }, scores);
}

/** L [1, h, w] to features [256, h/8, w/8]. */
function addEncoder(list: NodeList, input: string): string {
  const layers = [
    [1, 64, 2],
    [64, 128, 1],
    [128, 128, 2],
    [128, 256, 1],
    [256, 256, 2],
    [256, 512, 1],
    [512, 512, 1],
    [512, 256, 1],
  ] as const;
  return layers.reduce(
    (x, [from, to, stride], i) => list.conv(`encoder.${i}`, x, [from, to], { stride }),
    input,
  );
}

function addRegression(list: NodeList, input: string): void {
  const x = list.add('head.upsample', { kind: 'upsample' }, input);
  const narrow = list.conv('head.0', x, [64, 32]);
  const ab = list.conv('head.1', narrow, [32, 2], { activation: 'tanh' });
  list.add('ab', { kind: 'scale', factor: abScale }, ab);
}
