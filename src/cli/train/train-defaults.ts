import type { TrainOptions } from './train-options.ts';

/** The defaults that differ between training on a set and tuning to one camera. */
type Defaults = Pick<
  TrainOptions,
  | 'objective'
  | 'epochs'
  | 'batchSize'
  | 'learningRate'
  | 'schedule'
  | 'warmUp'
  | 'average'
  | 'embeddingDropout'
  | 'stopAfter'
>;

/** A general model: Zhang's objective, the seed's plateau. */
export const generalDefaults: Defaults = {
  objective: 'rebalanced',
  epochs: 50,
  batchSize: 16,
  learningRate: 1e-3,
  schedule: 'plateau',
  warmUp: 0,
  average: 0.999,
  embeddingDropout: 0.3,
  stopAfter: 8,
};

/** One camera: the truth is at hand, so the least error is best; few pictures, so few and gentle steps. */
export const cameraDefaults: Defaults = {
  objective: 'huber',
  epochs: 5,
  batchSize: 8,
  learningRate: 1e-3,
  schedule: 'cosine',
  warmUp: 20,
  average: 0.98,
  embeddingDropout: 0,
  stopAfter: 5,
};
