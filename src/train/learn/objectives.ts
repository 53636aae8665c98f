import * as tf from '@tensorflow/tfjs-core';

/** What a step minimizes. */
export interface Objective {
  /**
   * `mse`: the seed's objective, on a*, b*. `rebalanced`: classification in which rare colours weigh more (Zhang et al.
   * 2016). `huber`: distance of a*, b*, in which large distances count less.
   */
  readonly kind: 'mse' | 'rebalanced' | 'huber';
  /** for `rebalanced`: how equally classes weigh, 0..1 */
  readonly lambda: number;
  /** for `rebalanced`: weight of the annealed mean's own error in the loss, 0 or more */
  readonly meanWeight: number;
  /** of the annealed mean in training */
  readonly temperature: number;
  /** weight of the error of the colours; absent: 1 */
  readonly colourWeight?: number | undefined;
  /** weight of the error that a pretrained network sees (see `PerceptualTerm`); absent: 0 */
  readonly perceptualWeight?: number | undefined;
  /** weight of the error of the scene's class (see `sceneTerm`); absent: 0 */
  readonly sceneWeight?: number | undefined;
  /** weight of a critic's verdict (see `adversarialTerm`); absent: 0 */
  readonly adversarialWeight?: number | undefined;
}

/** In Lab units: up to here the annealed mean's error counts as its square, beyond it counts linearly. */
const huberDelta = 10;

/**
 * Cross-entropy with soft codes, with a weight for each cell.
 * @param scores - [n, rows, columns, classes]
 * @param codes - of the same shape; they add up to 1 over the classes
 * @param weights - [n, rows, columns]
 * @returns the mean over the cells, a scalar the caller owns
 */
export function crossEntropy(scores: tf.Tensor4D, codes: tf.Tensor4D, weights: tf.Tensor3D): tf.Scalar {
  return softCrossEntropy(scores, codes, weights);
}

/**
 * In closed form, with the gradient `(softmax - codes) weight / cells`, so that no backend needs the gradient of
 * logSoftmax.
 */
const softCrossEntropy = tf.customGrad(
  (scores: tf.Tensor | tf.GradSaveFunc, ...rest: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [codes, weights, save] = rest as [tf.Tensor4D, tf.Tensor3D, tf.GradSaveFunc];
    const shares = tf.softmax(scores as tf.Tensor4D);
    const perCell = tf.neg(tf.sum(tf.mul(codes, tf.log(tf.add(shares, tinyShare))), -1));
    save([shares, codes, weights]);
    return { value: tf.mean(tf.mul(perCell, weights)), gradFunc: crossEntropyGradient };
  },
) as (scores: tf.Tensor4D, codes: tf.Tensor4D, weights: tf.Tensor3D) => tf.Scalar;

/** Keeps the logarithm finite. */
const tinyShare = 1e-10;

function crossEntropyGradient(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [shares, codes, weights] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor3D];
  const perCell = tf.expandDims(tf.mul(weights, tf.div(dy, weights.size)), -1);
  // Codes and weights are data, so they need no gradients.
  return [tf.mul(tf.sub(shares, codes), perCell), tf.zerosLike(codes), tf.zerosLike(weights)];
}

/**
 * Huber's distance of colours: quadratic for small distances, linear for large ones.
 * @param ab - [n, rows, columns, 2]
 * @param truth - of the same shape
 * @returns the mean, in units of 10 Lab squared; a scalar the caller owns
 */
export function colourDistance(ab: tf.Tensor4D, truth: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const size = tf.div(tf.abs(tf.sub(ab, truth)), huberDelta);
    const near = tf.minimum(size, 1);
    // size^2 / 2 where size <= 1, else size - 1/2
    return tf.mean(tf.add(tf.mul(0.5, tf.square(near)), tf.sub(size, near)));
  });
}

/**
 * The seed's loss: mean squared error of a*, b* as fractions of 128.
 * @param ab - [n, rows, columns, 2]
 * @param truth - of the same shape
 */
export function meanSquaredColourError(ab: tf.Tensor4D, truth: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => tf.mean(tf.square(tf.div(tf.sub(ab, truth), 128))));
}

/**
 * Cross-entropy of scores that say yes or no.
 * @param scores - any shape; above 0 means yes
 * @param isYes - the expected answer to all of them
 * @returns the mean, a scalar the caller owns
 */
export function binaryCrossEntropy(scores: tf.Tensor, isYes: boolean): tf.Scalar {
  return isYes ? yesCrossEntropy(scores) : noCrossEntropy(scores);
}

const yesCrossEntropy = binaryCrossEntropyFor(1);
const noCrossEntropy = binaryCrossEntropyFor(0);

/** In closed form, with the gradient `(sigmoid - target) / scores`. It overflows for no score. */
function binaryCrossEntropyFor(target: 0 | 1): (scores: tf.Tensor) => tf.Scalar {
  const value = (scores: tf.Tensor): tf.Scalar => {
    const beyond = tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(scores)))));
    return tf.mean(tf.add(tf.sub(tf.relu(scores), tf.mul(scores, target)), beyond));
  };
  return tf.customGrad<tf.Scalar>((...args) => {
    const [scores, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([scores]);
    return {
      value: value(scores),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
        const own = saved as tf.Tensor;
        return [tf.mul(tf.sub(tf.sigmoid(own), target), tf.div(dy, own.size))];
      },
    };
  });
}
