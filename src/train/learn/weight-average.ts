import * as tf from '@tensorflow/tfjs-core';

/**
 * An exponential moving average of weights (Polyak), which usually scores better than the weights of the last step. In
 * the first steps it forgets faster: the decay is at most (1 + step) / (10 + step).
 */
export class WeightAverage implements Disposable {
  readonly #decay: number;
  readonly #averages: Map<string, tf.Variable>;

  /** @param decay - share of the old average kept at each step, 0..1 */
  constructor(weights: ReadonlyMap<string, tf.Variable>, decay: number) {
    this.#decay = decay;
    this.#averages = new Map([...weights].map(([name, weight]) => [name, tf.variable(weight, false)]));
  }

  /** What a checkpoint stores. */
  get state(): ReadonlyMap<string, tf.Variable> {
    return this.#averages;
  }

  /** Takes in the weights after a step. */
  follow(weights: ReadonlyMap<string, tf.Variable>, step: number): void {
    const decay = Math.min(this.#decay, (1 + step) / (10 + step));
    for (const [name, average] of this.#averages) {
      const weight = weights.get(name);
      if (weight === undefined) continue;
      tf.tidy(() => average.assign(tf.add(tf.mul(average, decay), tf.mul(weight, 1 - decay))));
    }
  }

  /** Replaces the weights by the averages while `use` runs, and then restores them. */
  async during<T>(weights: ReadonlyMap<string, tf.Variable>, use: () => Promise<T>): Promise<T> {
    const kept = new Map([...weights].map(([name, weight]) => [name, tf.clone(weight as tf.Tensor)]));
    try {
      assignAll(weights, this.#averages);
      return await use();
    } finally {
      assignAll(weights, kept);
      tf.dispose([...kept.values()]);
    }
  }

  [Symbol.dispose](): void {
    for (const average of this.#averages.values()) average.dispose();
  }
}

function assignAll(weights: ReadonlyMap<string, tf.Variable>, values: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, weight] of weights) {
    const value = values.get(name);
    // It shares the numbers of the value, which nobody changes in place.
    if (value !== undefined) weight.assign(value);
  }
}
