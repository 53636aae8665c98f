import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../errors.ts';

/** How slowly the moments follow the gradients, 0..1. */
export interface AdamBetas {
  readonly first: number;
  readonly second: number;
}

/** Of the paper. */
const usualBetas: AdamBetas = { first: 0.9, second: 0.999 };
const epsilon = 1e-7;

/** What a step reports. */
export interface StepResult {
  readonly loss: number;
  /** norm of all gradients together, before clipping */
  readonly gradientNorm: number;
}

/**
 * Adam with clipped gradients and a learning rate that may change at each step. The one of TensorFlow.js keeps powers
 * of beta as running float32 products, which a resumed run cannot restore to the last bit.
 * @see Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1
 */
export class Adam implements Disposable {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #clipNorm: number;
  readonly #betas: AdamBetas;
  readonly #first = new Map<string, tf.Variable>();
  readonly #second = new Map<string, tf.Variable>();

  /**
   * @param variables - the variables to change, by name; not owned
   * @param clipNorm - maximum norm of all gradients together; longer ones are scaled down to it
   */
  constructor(variables: ReadonlyMap<string, tf.Variable>, clipNorm: number, betas = usualBetas) {
    this.#variables = variables;
    this.#clipNorm = clipNorm;
    this.#betas = betas;
    for (const [name, { shape }] of variables) {
      this.#first.set(name, zeros(shape));
      this.#second.set(name, zeros(shape));
    }
  }

  /** Its moments, which a checkpoint must store. */
  get state(): Map<string, tf.Variable> {
    const named = (suffix: string, moments: ReadonlyMap<string, tf.Variable>): [string, tf.Variable][] =>
      [...moments].map(([name, moment]) => [`${name}/${suffix}`, moment]);
    return new Map([...named('first', this.#first), ...named('second', this.#second)]);
  }

  /**
   * Takes one step.
   * @param loss - a scalar
   * @param step - 0 for the first
   * @throws {AppError} TRAINING_DIVERGED if the loss or a gradient is not finite; then no weight changes
   */
  step(loss: () => tf.Scalar, step: number, learningRate: number): StepResult {
    const { value, grads } = tf.variableGrads(loss, [...this.#variables.values()]);
    try {
      const result = { loss: scalar(value), gradientNorm: lengthOf(Object.values(grads)) };
      if (!Number.isFinite(result.loss + result.gradientNorm)) throw diverged(result, step);
      const scale = Math.min(1, this.#clipNorm / result.gradientNorm);
      const { first, second } = this.#betas;
      const correction = Math.sqrt(1 - second ** (step + 1)) / (1 - first ** (step + 1));
      for (const [name, variable] of this.#variables) {
        const grad = grads[variable.name];
        if (grad !== undefined) this.#apply(name, variable, grad, { scale, rate: learningRate * correction });
      }
      return result;
    } finally {
      tf.dispose([value, ...Object.values(grads)]);
    }
  }

  [Symbol.dispose](): void {
    for (const moment of this.state.values()) moment.dispose();
  }

  #apply(
    name: string,
    variable: tf.Variable,
    raw: tf.Tensor,
    { scale, rate }: { readonly scale: number; readonly rate: number },
  ): void {
    const first = this.#first.get(name);
    const second = this.#second.get(name);
    if (first === undefined || second === undefined) throw new TypeError(`expected moments of ${name}`);
    const { first: beta1, second: beta2 } = this.#betas;
    tf.tidy(() => {
      const grad = scale < 1 ? tf.mul(raw, scale) : raw;
      first.assign(tf.add(tf.mul(first, beta1), tf.mul(grad, 1 - beta1)));
      second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(grad), 1 - beta2)));
      variable.assign(tf.sub(variable, tf.mul(rate, tf.div(first, tf.add(tf.sqrt(second), epsilon)))));
    });
  }
}

function zeros(shape: readonly number[]): tf.Variable {
  const tensor = tf.zeros([...shape]);
  const variable = tf.variable(tensor, false);
  tensor.dispose();
  return variable;
}

/** Of all gradients together, as one vector. */
function lengthOf(grads: readonly tf.Tensor[]): number {
  return tf.tidy(() => scalar(tf.sqrt(tf.addN(grads.map((grad) => tf.sum(tf.square(grad)))))));
}

function scalar(tensor: tf.Tensor): number {
  return tensor.dataSync()[0] ?? NaN;
}

function diverged({ loss, gradientNorm }: StepResult, step: number): AppError {
  return new AppError(
    'TRAINING_DIVERGED',
    `step ${step + 1}: expected finite numbers but got a loss of ${loss} and gradients of length ${gradientNorm}`,
    { cure: 'start again with a smaller --learning-rate or --clip, or with --warm-up' },
  );
}
