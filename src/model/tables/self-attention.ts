import type { NodeList } from './nodes.ts';

/** Query and key have this many times fewer channels than the features. */
const narrowing = 8;

/**
 * Adds self-attention: each position sees all others. Query, key and value are 1x1 convolutions without bias, with
 * spectral norm. The layer changes nothing until its gamma, which starts at 0, has learnt. Its cost grows with the
 * square of the positions.
 * @see Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019; the form of its first edition, which
 *   DeOldify uses, too: the value has all channels, and no further convolution follows
 */
export function addSelfAttention(list: NodeList, name: string, input: string, channels: number): string {
  const point = { kernel: [1, 1], activation: 'none', hasBias: false, norm: 'spectral' } as const;
  const narrow = Math.max(1, Math.floor(channels / narrowing));
  const query = list.conv(`${name}.query`, input, [channels, narrow], point);
  const key = list.conv(`${name}.key`, input, [channels, narrow], point);
  const value = list.conv(`${name}.value`, input, [channels, channels], point);
  return list.add(name, { kind: 'attention' }, input, query, key, value);
}
