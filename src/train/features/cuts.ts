import { AppError } from '../../errors.ts';
import {
  cutsBefore,
  networkNodes,
  trunkCuts,
  weightShapes,
  type Architecture,
  type NetworkSpec,
  type TrunkStart,
} from '../../model/tables/network.ts';
import { lumaInput, nodesFor, weightShapesOf } from '../../model/tables/nodes.ts';
import type { TrainablePart } from './trainable-part.ts';

/** `--train trunk` trains the trunk's layers after this map too: one block, a fifth of the trunk's weights. */
const lastBlock: TrunkStart = 'mixed6';

/** Whether training a part trains layers of the trunk. */
export function trainsTrunk(
  { architecture }: Pick<NetworkSpec, 'architecture'>,
  part: TrainablePart,
): boolean {
  return architecture === 'inception-trunk' && (part === 'trunk' || part === 'all');
}

/**
 * Where the trunk's own layers begin in the model that is trained.
 * @param spec - of the model that training starts from
 * @returns undefined if the model keeps the embedding network's trunk
 */
export function ownTrunkOf(spec: NetworkSpec, part: TrainablePart): TrunkStart | undefined {
  if (spec.architecture !== 'inception-trunk') return undefined;
  if (part === 'all') return 'luma';
  return part === 'trunk' ? (spec.ownTrunkAfter ?? lastBlock) : spec.ownTrunkAfter;
}

/**
 * The values at which a network is cut into its frozen and its trained part.
 * @returns names of nodes, or `luma` if nothing is frozen
 * @throws {AppError} USAGE if a network cannot be trained in this way
 */
export function cutsOf(spec: NetworkSpec, part: TrainablePart): readonly string[] {
  if (part === 'all') return [lumaInput];
  if (part !== 'trunk') return cutsBefore(part, spec);
  if (spec.architecture === 'inception-trunk') return trunkCuts(lastBlock);
  throw untrainable(spec.architecture, 'all, decoder or head', part);
}

/**
 * The weights of the frozen part that belong to the model and not to the embedding network.
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
