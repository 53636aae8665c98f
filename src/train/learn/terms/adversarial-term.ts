import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../batch.ts';
import type { CriticNetwork } from '../critic/critic-network.ts';
import { binaryCrossEntropy } from '../objectives.ts';
import { halfLightness, pictureTensor } from '../picture-tensor.ts';
import type { LossTerm, PreparedTerm } from './loss-term.ts';

/**
 * How surely a critic tells the coloured pictures from true ones. The critic does not learn from this.
 * @param weight - in the sum of the terms; DeOldify uses 1, with 1.5 to 2 for the perceptual term
 */
export function adversarialTerm(weight: number, critic: CriticNetwork): LossTerm {
  return { prepare: (batch) => prepared(batch, weight, critic) };
}

function prepared(batch: Batch, weight: number, critic: CriticNetwork): PreparedTerm {
  const lightness = halfLightness(batch);
  return {
    of: ({ ab }) => {
      const scores = critic.scores(pictureTensor(lightness, ab));
      return tf.mul(weight, binaryCrossEntropy(scores, true));
    },
    [Symbol.dispose]: () => lightness.dispose(),
  };
}
