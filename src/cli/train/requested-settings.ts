import type { Model } from '../../model/model.ts';
import type { RunSettings } from '../../train/learn/run-settings.ts';
import type { TrainOptions } from './train-options.ts';

/** Value of Zhang et al. 2016, for a model without classes. */
const usualTemperature = 0.38;

/**
 * The settings of a run, from the options.
 * @param base - the model that the run starts from
 */
export function runSettings(options: TrainOptions, { manifest: { head } }: Model): RunSettings {
  const { seed, epochs, lambda, meanWeight, schedule, patience, stopAfter } = options;
  const own = head.kind === 'classification' ? head.temperature : usualTemperature;
  const temperature = options.temperature ?? own;
  const { colourWeight, perceptualWeight, sceneWeight, adversarialWeight } = options;
  const weights = { colourWeight, perceptualWeight, sceneWeight, adversarialWeight };
  return {
    seed,
    epochs,
    stopAfter,
    objective: { kind: options.objective, lambda, meanWeight, temperature, ...weights },
    learningRate: { base: options.learningRate, schedule, warmUpSteps: options.warmUp, patience },
    clipNorm: options.clip,
    averageDecay: options.average,
    embeddingDropout: options.embeddingDropout,
  };
}
