import * as tf from '@tensorflow/tfjs-core';

const epsilon = 1e-3;
/** How much of the running statistics each step keeps. PyTorch uses this value; it judges short runs fairly. */
const momentum = 0.9;

interface Statistics {
  readonly gamma: tf.Variable;
  readonly mean: tf.Variable;
  readonly variance: tf.Variable;
}

/**
 * Batch normalisation between a convolution and its bias while training, folded into the weights afterwards:
 * `gamma (x - mean) / sqrt(variance + epsilon)`; the convolution's own bias is the shift.
 * @see Ioffe, Szegedy, "Batch Normalization", ICML 2015
 */
export class BatchNorm {
  readonly #layers = new Map<string, Statistics>();

  /** @param layers - channels of each normalised convolution, by its name */
  constructor(layers: ReadonlyMap<string, number>) {
    for (const [name, channels] of layers) {
      this.#layers.set(name, {
        gamma: variable(tf.ones([channels]), true),
        mean: variable(tf.zeros([channels]), false),
        variance: variable(tf.ones([channels]), false),
      });
    }
  }

  /** All its numbers by name: gammas are trained, the rest are statistics. */
  get variables(): Map<string, tf.Variable> {
    return new Map(
      [...this.#layers].flatMap(([name, { gamma, mean, variance }]) => [
        [`${name}.gamma`, gamma] as const,
        [`${name}.mean`, mean] as const,
        [`${name}.variance`, variance] as const,
      ]),
    );
  }

  /**
   * Normalises by the batch's own statistics, and updates the running ones.
   * @param x - [n, rows, columns, channels]
   */
  train(name: string, x: tf.Tensor4D): tf.Tensor4D {
    const layer = this.#layers.get(name);
    if (layer === undefined) return x;
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    follow(layer.mean, mean);
    follow(layer.variance, variance);
    const factor = tf.div(layer.gamma, tf.sqrt(tf.add(variance, epsilon)));
    return tf.mul(tf.sub(x, mean), factor);
  }

  /** Normalises by the running statistics. */
  infer(name: string, x: tf.Tensor4D): tf.Tensor4D {
    const layer = this.#layers.get(name);
    if (layer === undefined) return x;
    return tf.mul(tf.sub(x, layer.mean), this.#factor(layer));
  }

  /**
   * The convolution that gives the same result without normalisation.
   * @param weight - [rows, columns, in, out]
   * @param bias - [out]
   * @returns tensors the caller owns
   */
  fold(name: string, weight: tf.Tensor, bias: tf.Tensor): { weight: tf.Tensor; bias: tf.Tensor } {
    const layer = this.#layers.get(name);
    if (layer === undefined) return { weight: tf.clone(weight), bias: tf.clone(bias) };
    return tf.tidy(() => {
      const factor = this.#factor(layer);
      return { weight: tf.mul(weight, factor), bias: tf.sub(bias, tf.mul(layer.mean, factor)) };
    });
  }

  #factor({ gamma, variance }: Statistics): tf.Tensor {
    return tf.div(gamma, tf.sqrt(tf.add(variance, epsilon)));
  }
}

function variable(initial: tf.Tensor, isTrainable: boolean): tf.Variable {
  const made = tf.variable(initial, isTrainable);
  initial.dispose();
  return made;
}

function follow(running: tf.Variable, value: tf.Tensor): void {
  running.assign(tf.tidy(() => tf.add(tf.mul(running, momentum), tf.mul(value, 1 - momentum))));
}
