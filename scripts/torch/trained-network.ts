import type { Manifest } from '../../src/model/manifest.ts';
import type { ClassificationHead } from '../../src/model/tables/head.ts';
import type { NetworkSpec } from '../../src/model/tables/network.ts';
import type { EncoderSpec } from '../../src/model/tables/efficientnet-lite.ts';
import { ownTrunkOf } from '../../src/train/features/cuts.ts';

/** The network that `train.py` trains, with all its layers. */
export interface TrainedNetwork {
  readonly spec: NetworkSpec;
  readonly head: ClassificationHead & Extract<Manifest['head'], { kind: 'classification' }>;
  readonly input: Manifest['input'];
}

/**
 * Describes the network of a training.
 * @param like - the model that the training starts from, or whose classes, embedding and picture size it shares
 * @param encoder - `WIDTH,DEPTH,ENLARGEMENT`: the network is efficientnet-lite with this encoder; absent: the model's network
 * @throws {TypeError} when the model has no classes, or the encoder is not a valid one
 */
export function trainedNetwork(like: Manifest, encoder: string | undefined): TrainedNetwork {
  const { architecture, head, input } = like;
  if (head.kind !== 'classification') throw new TypeError(`${like.name}: expected a head of classes`);
  if (encoder === undefined) {
    const ownTrunkAfter = ownTrunkOf({ architecture, head }, 'all');
    return { spec: { architecture, head, ownTrunkAfter, encoder: like.encoder }, head, input };
  }
  const spec = { architecture: 'efficientnet-lite', head, encoder: parseEncoder(encoder) } as const;
  return { spec, head, input: { ...input, lightness: '(v-127)/128' } };
}

function parseEncoder(text: string): EncoderSpec {
  const [width = NaN, depth = NaN, enlargement] = text.split(',').map(Number);
  const isKnown = enlargement === 1 || enlargement === 1.25 || enlargement === 1.5;
  if (width > 0 && depth > 0 && isKnown) return { width, depth, enlargement };
  throw new TypeError(`--encoder: expected WIDTH,DEPTH,ENLARGEMENT, such as 1,1,1.25, but got ${text}`);
}
