import { AppError } from '../../errors.ts';
import {
  networkNodes,
  trunkCuts,
  weightShapes,
  type Architecture,
  type NetworkSpec,
  type TrunkMap,
} from '../../model/tables/network.ts';
import { lumaInput, nodesFor, weightShapesOf } from '../../model/tables/nodes.ts';
import type { TrainablePart } from './trainable-part.ts';

/** With `--train trunk` its layers after this map are trained too: one block, a fifth of the trunk's weights. */
export const freedAfter: TrunkMap = 'mixed6';

/**
 * The values at which a network is cut into its frozen and its trained part.
 * @returns names of nodes, or `luma` when nothing is frozen
 * @throws {AppError} USAGE when a network cannot be trained so
 */
export function cutsOf({ architecture }: NetworkSpec, part: TrainablePart): readonly string[] {
  if (architecture === 'koalarization') {
    if (part === 'trunk') throw untrainable(architecture, 'all, decoder or head', part);
    if (part === 'all') return [lumaInput];
    return part === 'decoder' ? ['encoder.7'] : ['decoder.0.upsample'];
  }
  switch (part) {
    case 'all':
      throw untrainable(architecture, 'trunk, decoder or head', part);
    case 'trunk':
      return trunkCuts(freedAfter);
    case 'decoder':
      return trunkCuts('mixed7');
    case 'head':
      return ['decoder.1.input'];
  }
}

/**
 * The weights of the frozen part that are a model's own, not the embedding network's.
 * @param cuts - as `cutsOf` gives them
 * @returns shape by tensor name
 */
export function ownFrozenWeights(
  spec: NetworkSpec,
  cuts: readonly string[],
  embeddingSize: number,
): Map<string, readonly number[]> {
  const own = weightShapes(spec, embeddingSize);
  const frozen = weightShapesOf(nodesFor(networkNodes(spec), cuts), embeddingSize);
  return new Map([...frozen].filter(([name]) => own.has(name)));
}

function untrainable(architecture: Architecture, expected: string, got: TrainablePart): AppError {
  return new AppError('USAGE', `${architecture}: expected ${expected} as the part to train but got ${got}`, {
    cure: 'use --train decoder',
  });
}
