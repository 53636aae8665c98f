import * as tf from '@tensorflow/tfjs-core';
import { requireValue } from '../../../model/require-value.ts';
import type { Random } from '../../random.ts';

/** Steps of the power iteration at the start, as many as PyTorch makes. */
const firstSteps = 15;
/** Keeps a vector's length above 0. */
const tiny = 1e-12;

/**
 * Spectral norm: a convolution's weights are divided by their largest singular value. A step of training makes one step
 * of the power iteration, which follows the weights as they change; folded into the weights afterwards.
 * @see Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR 2018
 */
export class SpectralNorm {
  /** the left singular vector of each layer, [out, 1] */
  readonly #vectors = new Map<string, tf.Variable<tf.Rank.R2>>();

  /** @param weights - [rows, columns, in, out] by the layer's name; read, not kept */
  constructor(weights: ReadonlyMap<string, tf.Tensor>, random: Random) {
    for (const [layer, weight] of weights) {
      const start = tf.tidy(() => startOf(matrixOf(weight), random));
      this.#vectors.set(layer, tf.variable(start, false));
      start.dispose();
    }
  }

  /** Whether a layer has this norm. */
  has(layer: string): boolean {
    return this.#vectors.has(layer);
  }

  /** What a checkpoint must store, by name. */
  get variables(): Map<string, tf.Variable> {
    return new Map([...this.#vectors].map(([layer, vector]) => [`${layer}.u`, vector]));
  }

  /** Normalizes weights, and makes a step of the power iteration; the gradient takes its vectors as they are. */
  train(layer: string, weight: tf.Tensor4D): tf.Tensor4D {
    return divided(weight, requireValue(this.#vectors, layer), true);
  }

  /** Normalizes weights, and changes nothing. */
  infer(layer: string, weight: tf.Tensor4D): tf.Tensor4D {
    return divided(weight, requireValue(this.#vectors, layer), false);
  }
}

/** The weights over sigma, with the gradient `(dy - sum(dy y) v u^T) / sigma`. */
function divided(weight: tf.Tensor4D, vector: tf.Variable<tf.Rank.R2>, moves: boolean): tf.Tensor4D {
  const run = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [stored, save] = inputs as [tf.Tensor4D, tf.GradSaveFunc];
    const { u, v, sigma } = iterate(matrixOf(stored), vector);
    if (moves) vector.assign(u);
    const value = tf.div(stored, sigma);
    save([value, tf.matMul(v, u, false, true), sigma]);
    return { value, gradFunc: (dy, saved) => gradientOf(dy, saved) };
  });
  return run(weight) as tf.Tensor4D;
}

function gradientOf(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor {
  const [value, direction, sigma] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const share = tf.sum(tf.mul(dy, value));
  return tf.div(tf.sub(dy, tf.mul(share, tf.reshape(direction, dy.shape))), sigma);
}

/** A step of the power iteration: both singular vectors, and the largest singular value of [in, out]. */
function iterate(matrix: tf.Tensor2D, u: tf.Tensor2D): { u: tf.Tensor2D; v: tf.Tensor2D; sigma: tf.Scalar } {
  const v = unit(tf.matMul(matrix, u));
  const product: tf.Tensor2D = tf.matMul(matrix, v, true);
  const next = unit(product);
  return { u: next, v, sigma: tf.sum(tf.mul(next, product)) };
}

function startOf(matrix: tf.Tensor2D, random: Random): tf.Tensor2D {
  const [, out] = matrix.shape;
  const normals = Float32Array.from({ length: out }, () => random.normal());
  let u = unit(tf.tensor2d(normals, [out, 1]));
  for (let step = 0; step < firstSteps; step++) ({ u } = iterate(matrix, u));
  return u;
}

function matrixOf(weight: tf.Tensor): tf.Tensor2D {
  return tf.reshape(weight, [-1, weight.shape.at(-1) ?? 0]);
}

function unit(vector: tf.Tensor2D): tf.Tensor2D {
  return tf.div(vector, tf.add(tf.sqrt(tf.sum(tf.square(vector))), tiny));
}
