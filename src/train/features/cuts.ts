import { AppError } from '../../errors.ts';
import type { NetworkSpec } from '../../model/tables/network.ts';
import { lumaInput } from '../../model/tables/nodes.ts';

/** Which part of a network is trained; what lies before it is frozen. */
export const trainableParts = ['all', 'decoder', 'head'] as const;

export type TrainablePart = (typeof trainableParts)[number];

/**
 * The values at which a network is cut into its frozen and its trained part.
 * @returns names of nodes, or `luma` when nothing is frozen
 * @throws {AppError} USAGE when a network cannot be trained so
 */
export function cutsOf({ architecture }: NetworkSpec, part: TrainablePart): readonly string[] {
  if (architecture === 'koalarization') {
    if (part === 'all') return [lumaInput];
    return part === 'decoder' ? ['encoder.7'] : ['decoder.0.upsample'];
  }
  if (part === 'all')
    throw new AppError(
      'USAGE',
      'inception-trunk: expected decoder or head as the part to train but got all',
      {
        cure: 'the trunk stays as it is: use --train decoder',
      },
    );
  return part === 'decoder' ? ['trunk.mixed2', 'trunk.mixed7'] : ['decoder.1.input'];
}
