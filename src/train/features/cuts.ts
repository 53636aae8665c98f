import { AppError } from '../../errors.ts';
import { trunkCuts, type Architecture, type NetworkSpec, type TrunkMap } from '../../model/tables/network.ts';
import { lumaInput } from '../../model/tables/nodes.ts';

/** Which part of a network is trained; what lies before it is frozen. */
export const trainableParts = ['all', 'trunk', 'decoder', 'head'] as const;

export type TrainablePart = (typeof trainableParts)[number];

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

function untrainable(architecture: Architecture, expected: string, got: TrainablePart): AppError {
  return new AppError('USAGE', `${architecture}: expected ${expected} as the part to train but got ${got}`, {
    cure: 'use --train decoder',
  });
}
