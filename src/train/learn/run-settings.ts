import type { LearningRateSettings } from './learning-rate.ts';
import type { Objective } from './objectives.ts';

/** How a run learns. Besides these settings, its results depend only on data, first weights and backend. */
export interface RunSettings {
  readonly seed: number;
  readonly epochs: number;
  readonly objective: Objective;
  readonly learningRate: Omit<LearningRateSettings, 'totalSteps'>;
  readonly clipNorm: number;
  /** share of the average kept at each step; with 0 the weights themselves are judged and kept */
  readonly averageDecay: number;
  readonly embeddingDropout: number;
  /** a run ends after this many epochs without a better score */
  readonly stopAfter: number;
}
