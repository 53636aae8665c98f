import type { DependentOptions } from './train-options.ts';

/** A general model: the objective of Zhang et al. 2016, and a learning rate that falls on a plateau. */
export const generalDefaults: DependentOptions = {
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

/** One camera: the true colours are known, so the least error is best. Few pictures need few and gentle steps. */
export const cameraDefaults: DependentOptions = {
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
