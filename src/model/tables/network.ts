import { efficientNetLite, encoderCuts, lastJoin, type EncoderSpec } from './efficientnet-lite.ts';
import type { ClassificationHead, Head } from './head.ts';
import { inceptionTrunk } from './inception-trunk.ts';
import { trunkPrefix } from './inception-v3.ts';
import { globalChannels, globalFeatures, iizuka2016, iizukaCuts, sceneScores } from './iizuka-2016.ts';
import { koalarization } from './koalarization.ts';
import { resnetPrefix } from './resnet-encoder.ts';
import { resnetUnet, resnetUnetCuts } from './resnet-unet.ts';
import { addSceneModel } from './scene-model.ts';
import { lumaInput, NodeList, nodesFor, weightShapesOf, type ConditionOp, type Node } from './nodes.ts';
import type { SizePx } from '../../frame.ts';
import { zhang2016, zhangCuts } from './zhang-2016.ts';

/** A value after which a trunk's layers may have been trained: its input (for all of them), or a map. */
export type TrunkStart = 'luma' | 'mixed6';

/** The network architectures. */
export const architectures = [
  'koalarization',
  'inception-trunk',
  'efficientnet-lite',
  'zhang-2016',
  'iizuka-2016',
  'resnet-unet',
] as const;
export type Architecture = (typeof architectures)[number];

/** How a network scales luma: to CIE lightness, or as bytes. */
export type Lightness = 'L/50-1' | 'v/127.5-1' | '(v-127)/128' | '(v-114.5)/57.6';

/** The settings that define a network's nodes and weights; a manifest is one. */
export interface NetworkSpec {
  readonly architecture: Architecture;
  readonly head: Head;
  /** for `inception-trunk`: the trunk's layers after this value belong to the model, not to the embedding network */
  readonly ownTrunkAfter?: TrunkStart | undefined;
  /** for `efficientnet-lite`: the size of its encoder */
  readonly encoder?: EncoderSpec | undefined;
  /** for `zhang-2016`, `iizuka-2016` and `resnet-unet`: multiplies the channels; absent: 1, the published network */
  readonly width?: number | undefined;
  /** for `efficientnet-lite` and `resnet-unet`: whether the decoder has self-attention; absent: no */
  readonly hasAttention?: boolean | undefined;
  /** for `iizuka-2016` in joint training: kinds of scene that the class head tells apart; absent: no class head */
  readonly sceneClasses?: number | undefined;
  /** luma size of the one fixed camera whose scene the model knows; absent: any picture */
  readonly sceneModel?: SizePx | undefined;
}

/** Name of the network's result: a*, b* [2, h/stride, w/stride], with the stride from `outputStride`. */
export function outputOf({ sceneModel }: NetworkSpec): string {
  return sceneModel === undefined ? 'ab' : 'place.ab';
}

/** All results of a network: the colour, and the scores of its class head if it has one. */
export function outputsOf(spec: NetworkSpec): string[] {
  return spec.sceneClasses === undefined ? [outputOf(spec)] : [outputOf(spec), sceneScores];
}

/** Width and height of one pixel of a network's result, luma pixels. */
export function outputStride({ head, sceneModel }: NetworkSpec): number {
  return sceneModel === undefined ? head.stride : 1;
}

/** Both sides of a picture are multiples of this. */
export const sideMultiple = 8;

/**
 * The nodes of a network, first to last.
 * @throws {TypeError} when an architecture does not go with a head
 */
export function networkNodes(spec: NetworkSpec): readonly Node[] {
  const nodes = generalNodes(spec);
  if (spec.sceneModel === undefined) return nodes;
  const list = new NodeList();
  list.nodes.push(...nodes);
  addSceneModel(list, 'ab', spec.head.stride);
  return list.nodes;
}

function generalNodes(spec: NetworkSpec): Node[] {
  const { architecture, head } = spec;
  const { heads, nodes } = tables[architecture];
  if (heads.includes(head.kind)) return nodes(spec);
  throw new TypeError(`${architecture}: expected a ${heads.join(' or ')} head but got ${head.kind}`);
}

/** What the program must know of an architecture. */
interface NetworkTable {
  readonly nodes: (spec: NetworkSpec) => Node[];
  readonly heads: readonly Head['kind'][];
  readonly lightness: Lightness;
  /** the values where training cuts a network if it trains only the decoder, or only the head */
  readonly cuts: (spec: NetworkSpec) => Readonly<Record<'decoder' | 'head', readonly string[]>>;
  /** absent: `sideMultiple` */
  readonly leastSidePx?: number;
  /** the names of its encoder's layers start with this, if a user's network can take its place */
  readonly encoderPrefix?: string;
  /** the channels of `styleValueOf`, if a network has it */
  readonly styleChannels?: (spec: NetworkSpec) => number;
}

const tables: Readonly<Record<Architecture, NetworkTable>> = {
  koalarization: {
    nodes: ({ head }) => koalarization(head),
    heads: ['classification', 'regression'],
    lightness: 'L/50-1',
    cuts: () => ({ decoder: ['encoder.7'], head: ['decoder.0.upsample'] }),
  },
  'inception-trunk': {
    nodes: (spec) => inceptionTrunk(classesOf(spec)),
    heads: ['classification'],
    lightness: 'v/127.5-1',
    cuts: () => ({ decoder: trunkCuts('mixed7'), head: ['decoder.1.input'] }),
    leastSidePx: 2 * sideMultiple,
  },
  'efficientnet-lite': {
    nodes: (spec) => efficientNetLite(encoderOf(spec), classesOf(spec), spec.hasAttention),
    heads: ['classification'],
    lightness: '(v-127)/128',
    cuts: (spec) => ({ decoder: encoderCuts(encoderOf(spec)), head: [lastJoin] }),
  },
  'zhang-2016': {
    nodes: (spec) => zhang2016(classesOf(spec), spec.width),
    heads: ['classification'],
    lightness: 'L/50-1',
    cuts: () => zhangCuts,
  },
  'iizuka-2016': {
    nodes: (spec) => iizuka2016(spec),
    heads: ['regression'],
    lightness: 'L/50-1',
    cuts: () => iizukaCuts,
    styleChannels: globalChannels,
  },
  'resnet-unet': {
    nodes: (spec) => resnetUnet(spec.head, spec),
    heads: ['classification', 'regression'],
    lightness: '(v-114.5)/57.6',
    cuts: ({ head }) => resnetUnetCuts(head),
    encoderPrefix: resnetPrefix,
  },
};

function classesOf({ architecture, head }: NetworkSpec): ClassificationHead {
  if (head.kind === 'classification') return head;
  throw new TypeError(`${architecture}: expected a classification head but got ${head.kind}`);
}

/** The heads that an architecture can have. */
export function headsOf(architecture: Architecture): readonly Head['kind'][] {
  return tables[architecture].heads;
}

/** The start of the names of an encoder's layers; undefined if no user's network can take its place. */
export function encoderPrefixOf(architecture: Architecture): string | undefined {
  return tables[architecture].encoderPrefix;
}

/** How an architecture scales luma. */
export function lightnessOf(architecture: Architecture): Lightness {
  return tables[architecture].lightness;
}

/** The values where training cuts a network of which it trains only a part. */
export function cutsBefore(part: 'decoder' | 'head', spec: NetworkSpec): readonly string[] {
  return tables[spec.architecture].cuts(spec)[part];
}

/**
 * Returns the encoder of a network whose spec must have one.
 * @throws {TypeError} when it has none
 */
export function encoderOf({ architecture, encoder }: NetworkSpec): EncoderSpec {
  if (encoder === undefined) throw new TypeError(`${architecture}: expected the size of an encoder`);
  return encoder;
}

/** The smallest side of a picture, pixels. */
export function leastSidePx({ architecture }: NetworkSpec): number {
  return tables[architecture].leastSidePx ?? sideMultiple;
}

/**
 * Names and shapes of the weights that a model of this kind stores.
 * @param embeddingSize - length of the embedding that it was trained with
 * @returns shape by tensor name
 */
export function weightShapes(spec: NetworkSpec, embeddingSize: number): Map<string, readonly number[]> {
  const trunkValues = trunkCuts(spec.ownTrunkAfter ?? 'mixed7'); // a network without a trunk has no such values
  const own = nodesFor(networkNodes(spec), outputsOf(spec), trunkValues);
  return weightShapesOf(own, embeddingSize, spec.sceneModel);
}

/** The values between a trunk's layers, up to one of them, and the rest of the network. */
export function trunkCuts(after: TrunkStart | 'mixed7'): readonly string[] {
  return after === 'luma' ? [lumaInput] : [`${trunkPrefix}mixed2`, `${trunkPrefix}${after}`];
}

/**
 * The value with one row and one column that a network computes from the whole picture: another picture's value gives the
 * colours that one's style. Undefined if it has none; its condition may take the style (`conditionOf`).
 */
export function styleValueOf(spec: NetworkSpec): { name: string; channels: number } | undefined {
  const channels = tables[spec.architecture].styleChannels?.(spec);
  return channels === undefined ? undefined : { name: globalFeatures, channels };
}

/** Whether layers of the embedding network are part of a network. */
export function sharesTrunk({ architecture, ownTrunkAfter }: NetworkSpec): boolean {
  return architecture === 'inception-trunk' && ownTrunkAfter !== 'luma';
}

/** The node where the scene's embedding enters; undefined for a network that sees only the picture. */
export function conditionOf(spec: NetworkSpec): ConditionOp | undefined {
  return networkNodes(spec).flatMap(({ op }) => (op.kind === 'condition' ? [op] : []))[0];
}
