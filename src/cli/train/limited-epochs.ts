import type { TrainOptions } from './train-options.ts';

/** A training of limited length is judged this often in each phase, or stage of a phase. */
const judgements = 6;

/**
 * The epochs of a training that learns from a limited number of pictures (`--pictures`). It does not end earlier.
 * @param share - of the pictures that this phase gets, 0..1
 * @returns nothing if there is no limit
 */
export function limitedEpochs(
  { pictures, batchSize, grow = [] }: TrainOptions,
  share: number,
): Partial<Pick<TrainOptions, 'epochs' | 'epochBatches' | 'stopAfter'>> {
  if (pictures === undefined) return {};
  const stages = grow.length + 1;
  const batches = Math.max(1, Math.round((pictures * share) / stages / batchSize));
  const epochs = Math.min(judgements, batches);
  return { epochs, stopAfter: epochs, epochBatches: Math.max(1, Math.round(batches / epochs)) };
}
