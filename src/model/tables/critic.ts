import { scaledChannels } from './channels.ts';
import type { ConvOp } from './layer-ops.ts';
import { NodeList, type Node } from './nodes.ts';
import { addSelfAttention } from './self-attention.ts';

/** The value that a critic sees: a picture in colour. */
export const criticInput = 'colours';
/** Its result: one score for each patch, [1, rows, columns]; above 0 for real colours. */
export const criticScores = 'critic.scores';

/** The settings of a critic. */
export interface CriticSize {
  /** of the picture; absent: 3 */
  readonly channels?: number;
  /** multiplies the channels of the layers; 1 is DeOldify's, 256 to 2048 */
  readonly width?: number;
  /** blocks that halve both sides; absent: 3, as DeOldify's. The first layer halves them, too. */
  readonly blocks?: number;
}

const firstChannels = 256;
const dropout = 0.15;
const lastKernel = 4;

/**
 * A critic that judges patches, as DeOldify's: 4x4 convolutions of stride 2 and 3x3 convolutions, spectral norm, leaky
 * ReLU, self-attention after the first block. With three blocks a score sees some 150 pixels. The picture needs
 * sides of at least `leastCriticSide`.
 * @returns from `criticInput` to `criticScores`
 * @see github.com/jantic/DeOldify, deoldify/critics.py
 */
export function critic({ channels: inChannels = 3, width = 1, blocks = 3 }: CriticSize = {}): Node[] {
  const list = new NodeList();
  const usual = { activation: 'leakyRelu', norm: 'spectral' } as const;
  const halving: Partial<ConvOp> = { ...usual, kernel: [4, 4], stride: 2 };
  let channels = scaledChannels(firstChannels, width);
  let x = list.conv('critic.first', criticInput, [inChannels, channels], halving);
  x = list.add('critic.first.dropout', { kind: 'dropout', rate: dropout / 2 }, x);
  for (let block = 0; block < blocks; block++) {
    const name = `critic.${block}`;
    x = list.conv(`${name}.same`, x, [channels, channels], usual);
    x = list.add(`${name}.dropout`, { kind: 'dropout', rate: dropout }, x);
    x = list.conv(`${name}.half`, x, [channels, 2 * channels], halving);
    channels *= 2;
    if (block === 0) x = addSelfAttention(list, `${name}.attention`, x, channels);
  }
  x = list.conv('critic.last', x, [channels, channels], usual);
  list.conv(criticScores, x, [channels, 1], {
    kernel: [lastKernel, lastKernel],
    padding: 'valid',
    activation: 'none',
    hasBias: false,
    norm: 'spectral',
  });
  return list.nodes;
}

/** The smallest side of a picture for a critic, pixels. */
export function leastCriticSide({ blocks = 3 }: CriticSize = {}): number {
  return lastKernel * 2 ** (blocks + 1);
}
