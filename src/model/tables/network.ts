import { inceptionTrunk } from './inception-trunk.ts';
import { trunkPrefix } from './inception-v3.ts';
import { koalarization } from './koalarization.ts';
import { weightShapesOf, type ConditionOp, type Node } from './nodes.ts';

/** Which colour head a model has. `stride`: how many luma pixels one output pixel spans, each way. */
export type Head =
  | { readonly kind: 'classification'; readonly stride: 4; readonly classes: number }
  | { readonly kind: 'regression'; readonly stride: 2 };

/** The networks that there are. */
export type Architecture = 'koalarization' | 'inception-trunk';

/** What decides a network's nodes; a manifest is one. */
export interface NetworkSpec {
  readonly architecture: Architecture;
  readonly head: Head;
}

/** Name of the network's result: a*, b* [2, h/stride, w/stride]. */
export const abOutput = 'ab';

/** Both sides of a picture are multiples of this. */
export const sideMultiple = 8;

/**
 * The nodes of a network, first to last.
 * @throws {TypeError} when an architecture does not go with a head
 */
export function networkNodes({ architecture, head }: NetworkSpec): readonly Node[] {
  if (architecture === 'koalarization') return koalarization(head);
  if (head.kind !== 'classification') throw new TypeError('inception-trunk has a classification head only');
  return inceptionTrunk(head.classes);
}

/** The least side of a picture, pixels. */
export function leastSidePx({ architecture }: NetworkSpec): number {
  return architecture === 'koalarization' ? sideMultiple : 2 * sideMultiple;
}

/**
 * Names and shapes of the weights that a model of this kind has of its own.
 * @param embeddingSize - length of the embedding it was trained with
 * @returns shape by tensor name
 */
export function weightShapes(spec: NetworkSpec, embeddingSize: number): Map<string, readonly number[]> {
  const own = networkNodes(spec).filter(({ name }) => !name.startsWith(trunkPrefix));
  return weightShapesOf(own, embeddingSize);
}

/** Whether a network's trunk is that of the embedding network. */
export function hasTrunk({ architecture }: NetworkSpec): boolean {
  return architecture === 'inception-trunk';
}

/** The node at which the scene's embedding enters. */
export function conditionOf(spec: NetworkSpec): ConditionOp {
  const ops = networkNodes(spec).flatMap(({ op }) => (op.kind === 'condition' ? [op] : []));
  const [op] = ops;
  if (op === undefined) throw new TypeError(`${spec.architecture} has no condition`);
  return op;
}
