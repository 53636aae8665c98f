import * as tf from '@tensorflow/tfjs-core';
import { requireValue } from '../../model/require-value.ts';
import { fromTensorflowLayout, runNodes, toTensorflowLayout } from '../../model/tfjs/run-nodes.ts';
import { conditionOf, networkNodes, outputOf, type NetworkSpec } from '../../model/tables/network.ts';
import {
  conditionInput,
  conditionSize,
  nodesFor,
  weightShapesOf,
  type Node,
} from '../../model/tables/nodes.ts';
import { randomFrom, type Random } from '../random.ts';
import { BatchNorm } from './batch-norm.ts';

/** The parts of a `TrainableNetwork`. */
export interface NetworkPlan {
  readonly spec: NetworkSpec;
  /** names of the features, which come from the frozen part, or `luma`: see `cutsOf` */
  readonly cuts: readonly string[];
  readonly embeddingSize: number;
  /** batch norm between convolutions and biases, folded at export; for weights that start at random */
  readonly hasNorm: boolean;
}

/** The part of a batch that the network sees. */
export interface NetworkInput {
  /** values at the cuts, [n, rows, columns, channels] */
  readonly features: ReadonlyMap<string, tf.Tensor4D>;
  /** [n, embedding] */
  readonly embeddings: tf.Tensor2D;
}

/** A weight in the tables' layout. */
export interface NamedWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The part of a network that is trained, its weights as TensorFlow.js variables. */
export class TrainableNetwork implements Disposable {
  readonly plan: NetworkPlan;
  readonly #nodes: readonly Node[];
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #weights = new Map<string, tf.Variable>();
  readonly #norm: BatchNorm;

  /**
   * @param initial - a weight by name, in the tables' layout; undefined: He's random start
   * @param seed - of the random start
   */
  constructor(plan: NetworkPlan, initial: (name: string) => Float32Array | undefined, seed: number) {
    this.plan = plan;
    this.#nodes = nodesFor(networkNodes(plan.spec), [outputOf(plan.spec)], plan.cuts);
    this.#shapes = weightShapesOf(this.#nodes, plan.embeddingSize, plan.spec.sceneModel);
    const random = randomFrom(seed);
    for (const [name, shape] of this.#shapes) {
      this.#weights.set(name, variableOf(name, shape, initial(name) ?? heStart(shape, random)));
    }
    this.#norm = new BatchNorm(plan.hasNorm ? normLayers(this.#nodes) : new Map());
  }

  /** Shapes of the weights by name, in the tables' layout. */
  get shapes(): ReadonlyMap<string, readonly number[]> {
    return this.#shapes;
  }

  /** Everything that a checkpoint must store, by name. */
  get state(): Map<string, tf.Variable> {
    return new Map([...this.#weights, ...this.#norm.variables]);
  }

  /** What the optimizer may change: everything except statistics and bins. */
  get trained(): Map<string, tf.Variable> {
    return new Map([...this.state].filter(([, { trainable }]) => trainable));
  }

  /**
   * Runs the network; call it in `tf.tidy`.
   * @param mode - `train`: batch norm by the batch's own statistics
   * @returns the head's scores (classification; with the regression head the same as ab) and ab,
   *   [n, rows, columns, channels]
   */
  run(
    input: NetworkInput,
    mode: 'train' | 'infer',
    temperature: number,
  ): { scores: tf.Tensor4D; ab: tf.Tensor4D } {
    const inputs = new Map<string, tf.Tensor4D>(input.features).set(
      conditionInput,
      this.#condition(input.embeddings),
    );
    const values = runNodes(this.#nodes, inputs, {
      weights: (name) => requireValue(this.#weights, name),
      temperature,
      norm: (name, x) => (mode === 'train' ? this.#norm.train(name, x) : this.#norm.infer(name, x)),
    });
    const ab = requireValue(values, outputOf(this.plan.spec));
    return { ab, scores: this.plan.spec.head.kind === 'classification' ? requireValue(values, 'head') : ab };
  }

  /**
   * The weights of a plain network, with batch norm folded in.
   * @returns by name, in the tables' layout; new arrays the caller owns
   */
  exportWeights(): Map<string, NamedWeight> {
    const weights = new Map<string, NamedWeight>();
    for (const [name, shape] of this.#shapes) {
      const weight = this.#folded(name);
      weights.set(name, { shape, data: fromTensorflowLayout(name, weight) });
      weight.dispose();
    }
    return weights;
  }

  [Symbol.dispose](): void {
    for (const variable of this.state.values()) variable.dispose();
  }

  #folded(name: string): tf.Tensor {
    const layer = name.replace(/\.(weight|bias)$/, '');
    const weight = this.#weights.get(`${layer}.weight`);
    const bias = this.#weights.get(`${layer}.bias`);
    if (weight === undefined || bias === undefined) return tf.clone(requireValue(this.#weights, name));
    const folded = this.#norm.fold(layer, weight, bias);
    const isWeight = name.endsWith('.weight');
    tf.dispose(isWeight ? folded.bias : folded.weight);
    return isWeight ? folded.weight : folded.bias;
  }

  /** Zeros if no trained node uses it, because then the frozen part has used it. */
  #condition(embeddings: tf.Tensor2D): tf.Tensor4D {
    const matrix = this.#weights.get(conditionOf(this.plan.spec).weight);
    if (matrix === undefined) return tf.zeros([embeddings.shape[0], 1, 1, conditionSize]);
    const condition = tf.matMul(embeddings, matrix);
    return tf.reshape(condition, [embeddings.shape[0], 1, 1, conditionSize]);
  }
}

/** Numbers that are not learnt: the colours of the classes, and what is usual in a camera's scene. */
function isConstant(name: string): boolean {
  return name.endsWith('.bins') || ['place.lightness', 'place.spread', 'place.colour'].includes(name);
}

function variableOf(name: string, shape: readonly number[], data: Float32Array): tf.Variable {
  const tensor = toTensorflowLayout(name, shape, data);
  const variable = tf.variable(tensor, !isConstant(name));
  tensor.dispose();
  return variable;
}

/** He et al. 2015: a normal distribution of variance 2 / fan-in; biases 0. */
function heStart(shape: readonly number[], random: Random): Float32Array {
  const count = shape.reduce((product, side) => product * side, 1);
  if (shape.length === 1) return new Float32Array(count);
  const deviation = Math.sqrt(2 / (count / (shape[0] ?? 1)));
  return Float32Array.from({ length: count }, () => random.normal() * deviation);
}

function normLayers(nodes: readonly Node[]): Map<string, number> {
  return new Map(
    nodes.flatMap(({ name, op }) =>
      op.kind === 'conv' && op.hasBias && op.activation === 'relu' ? [[name, op.outChannels] as const] : [],
    ),
  );
}
