import { efficientNetLite, type EncoderSpec } from './efficientnet-lite.ts';
import type { Head } from './head.ts';
import { inceptionTrunk } from './inception-trunk.ts';
import { trunkPrefix } from './inception-v3.ts';
import { koalarization } from './koalarization.ts';
import { addSceneModel } from './scene-model.ts';
import { lumaInput, NodeList, nodesFor, weightShapesOf, type ConditionOp, type Node } from './nodes.ts';
import type { SizePx } from '../../frame.ts';

/** A value after which a trunk's layers may have been trained: its input (for all of them), or a map. */
export type TrunkStart = 'luma' | 'mixed6';

/** The network architectures. */
export type Architecture = 'koalarization' | 'inception-trunk' | 'efficientnet-lite';

/** The settings that define a network's nodes and weights; a manifest is one. */
export interface NetworkSpec {
  readonly architecture: Architecture;
  readonly head: Head;
  /** for `inception-trunk`: the trunk's layers after this value belong to the model, not to the embedding network */
  readonly ownTrunkAfter?: TrunkStart | undefined;
  /** for `efficientnet-lite`: the size of its encoder */
  readonly encoder?: EncoderSpec | undefined;
  /** luma size of the one fixed camera whose scene the model knows; absent: any picture */
  readonly sceneModel?: SizePx | undefined;
}

/** Name of the network's result: a*, b* [2, h/stride, w/stride], with the stride from `outputStride`. */
export function outputOf({ sceneModel }: NetworkSpec): string {
  return sceneModel === undefined ? 'ab' : 'place.ab';
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
  if (architecture === 'koalarization') return koalarization(head);
  if (head.kind !== 'classification') throw new TypeError(`${architecture} has a classification head only`);
  return architecture === 'inception-trunk' ? inceptionTrunk(head) : efficientNetLite(encoderOf(spec), head);
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
  return architecture === 'inception-trunk' ? 2 * sideMultiple : sideMultiple;
}

/**
 * Names and shapes of the weights that a model of this kind stores.
 * @param embeddingSize - length of the embedding that it was trained with
 * @returns shape by tensor name
 */
export function weightShapes(spec: NetworkSpec, embeddingSize: number): Map<string, readonly number[]> {
  const trunkValues = trunkCuts(spec.ownTrunkAfter ?? 'mixed7'); // a network without a trunk has no such values
  const own = nodesFor(networkNodes(spec), [outputOf(spec)], trunkValues);
  return weightShapesOf(own, embeddingSize, spec.sceneModel);
}

/** The values between a trunk's layers, up to one of them, and the rest of the network. */
export function trunkCuts(after: TrunkStart | 'mixed7'): readonly string[] {
  return after === 'luma' ? [lumaInput] : [`${trunkPrefix}mixed2`, `${trunkPrefix}${after}`];
}

/** Whether layers of the embedding network are part of a network. */
export function sharesTrunk({ architecture, ownTrunkAfter }: NetworkSpec): boolean {
  return architecture === 'inception-trunk' && ownTrunkAfter !== 'luma';
}

/** The node where the scene's embedding enters. */
export function conditionOf(spec: NetworkSpec): ConditionOp {
  const ops = networkNodes(spec).flatMap(({ op }) => (op.kind === 'condition' ? [op] : []));
  const [op] = ops;
  if (op === undefined) throw new TypeError(`${spec.architecture} has no condition`);
  return op;
}
