import * as tf from '@tensorflow/tfjs-core';
import type { Adam, StepResult } from '../adam.ts';
import type { Batch } from '../batch.ts';
import { binaryCrossEntropy } from '../objectives.ts';
import { halfLightness, pictureTensor } from '../picture-tensor.ts';
import type { StepMoment } from '../step.ts';
import { coloursOf } from '../terms/colour-term.ts';
import type { CriticNetwork } from './critic-network.ts';

/** What a critic learns with. */
export interface CriticTools {
  readonly critic: CriticNetwork;
  readonly optimizer: Adam;
}

/**
 * Trains a critic to tell true colours from a network's. It leaves no tensor behind.
 * @param batch - with `generated`
 * @returns the mean of both errors, each a binary cross-entropy
 */
export function takeCriticStep({ critic, optimizer }: CriticTools, batch: Batch, at: StepMoment): StepResult {
  const pictures = picturesOf(batch);
  const loss = (): tf.Scalar => {
    const errors = [
      binaryCrossEntropy(critic.scores(pictures.truth, at.random), true),
      binaryCrossEntropy(critic.scores(pictures.generated, at.random), false),
    ];
    return tf.div(tf.addN(errors), 2);
  };
  try {
    return optimizer.step(loss, at.step, at.learningRate);
  } finally {
    tf.dispose([pictures.truth, pictures.generated]);
  }
}

/** How well a critic tells the pictures of a batch apart. */
export interface Verdict {
  /** binary cross-entropy, the mean over both kinds of pictures */
  readonly loss: number;
  /** share of the pictures whose mean score is on the right side */
  readonly accuracy: number;
}

/** Judges a critic on a batch with `generated`. */
export function criticVerdict(critic: CriticNetwork, batch: Batch): Verdict {
  const pictures = picturesOf(batch);
  const [loss, accuracy] = tf.tidy(() => {
    const truth = critic.scores(pictures.truth);
    const generated = critic.scores(pictures.generated);
    const errors = tf.add(binaryCrossEntropy(truth, true), binaryCrossEntropy(generated, false));
    const hits = [tf.greater(tf.mean(truth, [1, 2, 3]), 0), tf.less(tf.mean(generated, [1, 2, 3]), 0)];
    const share = tf.mean(tf.cast(tf.concat(hits), 'float32'));
    return [tf.div(errors, 2).dataSync()[0] ?? NaN, share.dataSync()[0] ?? NaN] as const;
  });
  tf.dispose([pictures.truth, pictures.generated]);
  return { loss, accuracy };
}

/** The pictures of a batch in their true colours and in the network's, sRGB 0..1; tensors the caller owns. */
function picturesOf(batch: Batch): { truth: tf.Tensor4D; generated: tf.Tensor4D } {
  const { generated } = batch;
  if (generated === undefined) throw new TypeError('a critic needs batches with generated colours');
  return tf.tidy(() => {
    const lightness = halfLightness(batch);
    return {
      truth: pictureTensor(lightness, coloursOf(batch)),
      generated: pictureTensor(lightness, coloursOf(batch, generated)),
    };
  });
}
