import type { Manifest } from '../../src/model/manifest.ts';
import type { ClassificationHead } from '../../src/model/tables/head.ts';
import { architectures, lightnessOf, type NetworkSpec } from '../../src/model/tables/network.ts';
import type { EncoderSpec } from '../../src/model/tables/efficientnet-lite.ts';
import { ownTrunkOf } from '../../src/train/features/cuts.ts';

/** The network that `train.py` trains, with all its layers. */
export interface TrainedNetwork {
  readonly spec: NetworkSpec;
  readonly head: ClassificationHead & Extract<Manifest['head'], { kind: 'classification' }>;
  readonly input: Manifest['input'];
}

/** The options of export.js and import.js that choose another network than the model's. */
export const networkOptions = {
  encoder: { type: 'string' },
  architecture: { type: 'string' },
  width: { type: 'string' },
  attention: { type: 'boolean' },
} as const;

/** Their values. */
export interface AskedNetwork {
  /** `WIDTH,DEPTH,ENLARGEMENT`: the network is efficientnet-lite with this encoder */
  readonly encoder?: string | undefined;
  /** one of the published networks */
  readonly architecture?: string | undefined;
  /** multiplies its channels */
  readonly width?: string | undefined;
  /** whether the decoder has self-attention */
  readonly attention?: boolean | undefined;
}

/**
 * Describes the network of a training.
 * @param like - the model that the training starts from, or whose classes, embedding and picture size it shares
 * @param asked - absent: the model's network
 * @throws {TypeError} when the model has no classes, or an option is not valid
 */
export function trainedNetwork(like: Manifest, asked: AskedNetwork): TrainedNetwork {
  const { head, input } = like;
  if (head.kind !== 'classification') throw new TypeError(`${like.name}: expected a head of classes`);
  const spec = specOf(like, head, asked);
  return { spec, head, input: { ...input, lightness: lightnessOf(spec.architecture) } };
}

function specOf(like: Manifest, head: ClassificationHead, asked: AskedNetwork): NetworkSpec {
  const hasAttention = asked.attention === true ? true : undefined;
  if (asked.encoder !== undefined)
    return { architecture: 'efficientnet-lite', head, encoder: parseEncoder(asked.encoder), hasAttention };
  const { architecture = like.architecture } = asked;
  const known = architectures.find((name) => name === architecture);
  if (known === undefined)
    throw new TypeError(`--architecture: expected ${architectures.join(', ')} but got ${architecture}`);
  if (known !== like.architecture)
    return { architecture: known, head, width: parseWidth(asked.width), hasAttention };
  const { encoder, width } = like;
  const ownTrunkAfter = ownTrunkOf({ architecture: known, head }, 'all');
  return { architecture: known, head, ownTrunkAfter, encoder, width, hasAttention: like.hasAttention };
}

function parseWidth(text = '1'): number {
  const width = Number(text);
  if (width > 0 && width <= 2) return width;
  throw new TypeError(`--width: expected a number above 0, at most 2, but got ${text}`);
}

function parseEncoder(text: string): EncoderSpec {
  const [width = NaN, depth = NaN, enlargement] = text.split(',').map(Number);
  const isKnown = enlargement === 1 || enlargement === 1.25 || enlargement === 1.5;
  if (width > 0 && depth > 0 && isKnown) return { width, depth, enlargement };
  throw new TypeError(`--encoder: expected WIDTH,DEPTH,ENLARGEMENT, such as 1,1,1.25, but got ${text}`);
}
