import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../../errors.ts';
import type { Batch } from '../batch.ts';
import { crossEntropy } from '../objectives.ts';
import type { LossTerm, PreparedTerm } from './loss-term.ts';

/**
 * The error of the scene's class, for a network with a head for it. Pictures without a label do not count.
 * @param weight - in the sum of the terms; Iizuka et al. use 1/300
 * @param classes - number of scenes
 * @see Iizuka, Simo-Serra, Ishikawa, "Let there be Color!", SIGGRAPH 2016, section 3.4
 */
export function sceneTerm(weight: number, classes: number): LossTerm {
  return { prepare: (batch) => prepared(batch, weight, classes) };
}

function prepared({ count, labels }: Batch, weight: number, classes: number): PreparedTerm {
  if (labels === undefined)
    throw new AppError('USAGE', 'scene classes: expected pictures with labels but got none', {
      cure: 'train the whole network (--train all): only then the batches keep the names of the pictures',
    });
  const known = labels.filter((label) => label >= 0).length;
  const codes = new Float32Array(count * classes);
  labels.forEach((label, i) => {
    if (label >= 0) codes[i * classes + label] = 1;
  });
  // The mean over the cells of crossEntropy becomes the mean over the pictures that have a label.
  const weights = Float32Array.from(labels, (label) => (label < 0 ? 0 : (weight * count) / known));
  const expected = {
    codes: tf.tensor4d(codes, [count, 1, 1, classes]),
    weights: tf.tensor3d(weights, [count, 1, 1]),
  };
  return {
    of: ({ scenes }) => {
      if (scenes === undefined) throw new TypeError('expected a network that classifies scenes');
      return crossEntropy(tf.reshape(scenes, [count, 1, 1, classes]), expected.codes, expected.weights);
    },
    [Symbol.dispose]: () => tf.dispose(expected),
  };
}
