import * as tf from '@tensorflow/tfjs-core';
import { requireValue } from '../../../model/require-value.ts';
import { critic, criticInput, criticScores, type CriticSize } from '../../../model/tables/critic.ts';
import type { Random } from '../../random.ts';
import type { KeptNetwork } from '../learner.ts';
import { TrainableLayers, type NamedWeight } from '../layers/trainable-layers.ts';

/** A network that tells true colours from made ones. */
export class CriticNetwork implements KeptNetwork, Disposable {
  readonly #layers: TrainableLayers;

  /**
   * @param initial - a weight by name, in the tables' layout; undefined: a random start
   * @param seed - of the random start
   */
  constructor(size: CriticSize, initial: (name: string) => Float32Array | undefined, seed: number) {
    this.#layers = new TrainableLayers(
      { nodes: critic(size), embeddingSize: 0, hasNorm: false },
      initial,
      seed,
    );
  }

  get shapes(): ReadonlyMap<string, readonly number[]> {
    return this.#layers.shapes;
  }

  get state(): Map<string, tf.Variable> {
    return this.#layers.state;
  }

  /** What the optimizer may change. */
  get trained(): Map<string, tf.Variable> {
    return this.#layers.trained;
  }

  /**
   * Judges pictures; call it in `tf.tidy`.
   * @param pictures - sRGB 0..1, [n, rows, columns, 3]
   * @param random - leaves out channels in training; absent: the critic judges as in use
   * @returns a score for each patch, [n, rows, columns, 1]: above 0 for true colours
   */
  scores(pictures: tf.Tensor4D, random?: Random): tf.Tensor4D {
    const inputs = new Map([[criticInput, tf.sub<tf.Tensor4D>(tf.mul(pictures, 2), 1)]]);
    const values =
      random === undefined
        ? this.#layers.run(inputs, 'infer')
        : this.#layers.run(inputs, 'train', { random });
    return requireValue(values, criticScores);
  }

  /** The weights with spectral norm folded in; new arrays the caller owns. */
  exportWeights(): Map<string, NamedWeight> {
    return this.#layers.exportWeights();
  }

  [Symbol.dispose](): void {
    this.#layers[Symbol.dispose]();
  }
}
