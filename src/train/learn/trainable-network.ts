import * as tf from '@tensorflow/tfjs-core';
import { requireValue } from '../../model/require-value.ts';
import {
  conditionOf,
  networkNodes,
  outputOf,
  outputsOf,
  type NetworkSpec,
} from '../../model/tables/network.ts';
import { sceneScores } from '../../model/tables/iizuka-2016.ts';
import { conditionInput, conditionSize, nodesFor } from '../../model/tables/nodes.ts';
import { grownNodes } from './layers/grown-nodes.ts';
import { TrainableLayers, type NamedWeight } from './layers/trainable-layers.ts';

/** The parts of a `TrainableNetwork`. */
export interface NetworkPlan {
  readonly spec: NetworkSpec;
  /** names of the features, which come from the frozen part, or `luma`: see `cutsOf` */
  readonly cuts: readonly string[];
  readonly embeddingSize: number;
  /** batch norm between convolutions and biases, folded at export; for weights that start at random */
  readonly hasNorm: boolean;
  /** names of weights that stay as they are; absent: none */
  readonly frozen?: ReadonlySet<string> | undefined;
  /** the value after which a small head of its own ends the network, see `grownNodes`; absent: the whole network */
  readonly stage?: string | undefined;
}

/** The part of a batch that the network sees. */
export interface NetworkInput {
  /** values at the cuts, [n, rows, columns, channels] */
  readonly features: ReadonlyMap<string, tf.Tensor4D>;
  /** [n, embedding] */
  readonly embeddings: tf.Tensor2D;
}

/** What a network answers, [n, rows, columns, channels] each. */
export interface NetworkAnswer {
  readonly ab: tf.Tensor4D;
  /** of the classes of colour; with a regression head the same as `ab` */
  readonly scores: tf.Tensor4D;
  /** of the kinds of scene, [n, 1, 1, kinds], if the network has a class head */
  readonly scenes?: tf.Tensor4D;
}

/** The part of a network that is trained, its weights as TensorFlow.js variables. */
export class TrainableNetwork implements Disposable {
  readonly plan: NetworkPlan;
  readonly #layers: TrainableLayers;

  /**
   * @param initial - a weight by name, in the tables' layout; undefined: He's random start
   * @param seed - of the random start
   */
  constructor(plan: NetworkPlan, initial: (name: string) => Float32Array | undefined, seed: number) {
    const { spec, cuts, embeddingSize, hasNorm, frozen, stage } = plan;
    this.plan = plan;
    const nodes =
      stage === undefined
        ? nodesFor(networkNodes(spec), outputsOf(spec), cuts)
        : nodesFor(grownNodes(spec, stage), [outputOf(spec)], cuts);
    this.#layers = new TrainableLayers(
      { nodes, embeddingSize, sceneModel: spec.sceneModel, hasNorm, frozen },
      initial,
      seed,
    );
  }

  /** Whether it classifies scenes. */
  get hasScenes(): boolean {
    return this.plan.stage === undefined && this.plan.spec.sceneClasses !== undefined;
  }

  get #hasClasses(): boolean {
    return this.plan.stage === undefined && this.plan.spec.head.kind === 'classification';
  }

  /** Shapes of the weights by name, in the tables' layout. */
  get shapes(): ReadonlyMap<string, readonly number[]> {
    return this.#layers.shapes;
  }

  /** Everything that a checkpoint must store, by name. */
  get state(): Map<string, tf.Variable> {
    return this.#layers.state;
  }

  /** What the optimizer may change: everything except statistics and bins. */
  get trained(): Map<string, tf.Variable> {
    return this.#layers.trained;
  }

  /**
   * Runs the network; call it in `tf.tidy`.
   * @param mode - `train`: batch norm by the batch's own statistics
   */
  run(input: NetworkInput, mode: 'train' | 'infer', temperature: number): NetworkAnswer {
    const { spec } = this.plan;
    const inputs = new Map<string, tf.Tensor4D>(input.features).set(
      conditionInput,
      this.#condition(input.embeddings),
    );
    const values = this.#layers.run(inputs, mode, { temperature });
    const ab = requireValue(values, outputOf(spec));
    const scores = this.#hasClasses ? requireValue(values, 'head') : ab;
    const scenes = values.get(sceneScores);
    return scenes === undefined ? { ab, scores } : { ab, scores, scenes };
  }

  /**
   * The weights of a plain network, with the norms folded in.
   * @returns by name, in the tables' layout; new arrays the caller owns
   */
  exportWeights(): Map<string, NamedWeight> {
    return this.#layers.exportWeights();
  }

  [Symbol.dispose](): void {
    this.#layers[Symbol.dispose]();
  }

  /** Zeros if no trained node uses it: the frozen part has used it, or there is no condition. */
  #condition(embeddings: tf.Tensor2D): tf.Tensor4D {
    const matrix = this.#layers.weight(conditionOf(this.plan.spec)?.weight ?? '');
    if (matrix === undefined) return tf.zeros([embeddings.shape[0], 1, 1, conditionSize]);
    const condition = tf.matMul(embeddings, matrix);
    return tf.reshape(condition, [embeddings.shape[0], 1, 1, conditionSize]);
  }
}
