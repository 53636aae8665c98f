import * as tf from '@tensorflow/tfjs-core';
import type { SizePx } from '../../../frame.ts';
import { layerOf, normOf, type Norm } from '../../../model/tables/layer-ops.ts';
import { weightShapesOf, type Node } from '../../../model/tables/nodes.ts';
import { fromTensorflowLayout, runNodes, toTensorflowLayout } from '../../../model/tfjs/run-nodes.ts';
import { requireValue } from '../../../model/require-value.ts';
import { randomFrom, type Random } from '../../random.ts';
import { BatchNorm } from './batch-norm.ts';
import { dropChannels } from './drop-channels.ts';
import { SpectralNorm } from './spectral-norm.ts';

/** Which layers to train. */
export interface LayersPlan {
  /** in order (see `nodesFor`) */
  readonly nodes: readonly Node[];
  /** length of the embedding, for condition nodes */
  readonly embeddingSize: number;
  /** luma size of a fixed camera, for its nodes; absent: there are none */
  readonly sceneModel?: SizePx | undefined;
  /** whether layers with batch norm whose weights start at random get one, which is folded at export */
  readonly hasNorm: boolean;
  /** names of weights that stay as they are, and whose layers have no norm; absent: none */
  readonly frozen?: ReadonlySet<string> | undefined;
}

/** How layers are run. */
export interface LayersRun {
  /** of the annealed mean, if there is one; default: 1 */
  readonly temperature?: number;
  /** for dropout in training; default: the numbers that the random start left */
  readonly random?: Random;
}

/** A weight in the tables' layout. */
export interface NamedWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Layers whose weights are TensorFlow.js variables: a network in training, or a critic. */
export class TrainableLayers implements Disposable {
  readonly #nodes: readonly Node[];
  /** shapes of the weights by name, in the tables' layout */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly #weights = new Map<string, tf.Variable>();
  readonly #norm: BatchNorm;
  readonly #spectral: SpectralNorm;
  readonly #random: Random;
  readonly #frozen: ReadonlySet<string> | undefined;

  /**
   * @param initial - a weight by name, in the tables' layout; undefined: He's random start
   * @param seed - of the random start, and of dropout
   */
  constructor(plan: LayersPlan, initial: (name: string) => Float32Array | undefined, seed: number) {
    this.#nodes = plan.nodes;
    this.shapes = weightShapesOf(plan.nodes, plan.embeddingSize, plan.sceneModel);
    this.#random = randomFrom(seed);
    this.#frozen = plan.frozen;
    const fresh = new Set<string>();
    for (const [name, shape] of this.shapes) {
      const stored = initial(name);
      if (stored === undefined) fresh.add(name);
      this.#weights.set(name, variableOf(name, shape, stored ?? heStart(shape, this.#random)));
    }
    // Weights from elsewhere have their norms folded in.
    const normed = [...normLayers(plan.nodes, 'batch')].filter(([layer]) => fresh.has(`${layer}.weight`));
    this.#norm = new BatchNorm(new Map(plan.hasNorm ? normed : []));
    const spectral = [...normLayers(plan.nodes, 'spectral').keys()];
    this.#spectral = new SpectralNorm(
      new Map(spectral.map((layer) => [layer, requireValue(this.#weights, `${layer}.weight`)])),
      this.#random,
    );
  }

  /** Everything that a checkpoint must store, by name. */
  get state(): Map<string, tf.Variable> {
    return new Map([...this.#weights, ...this.#norm.variables, ...this.#spectral.variables]);
  }

  /** What the optimizer may change: everything except statistics, bins, a camera's usual picture and frozen weights. */
  get trained(): Map<string, tf.Variable> {
    return new Map(
      [...this.state].filter(([name, { trainable }]) => trainable && this.#frozen?.has(name) !== true),
    );
  }

  /** A weight in TensorFlow's layout; undefined if there is none of this name. */
  weight(name: string): tf.Variable | undefined {
    return this.#weights.get(name);
  }

  /**
   * Runs the layers; call it in `tf.tidy`.
   * @param inputs - values by name, [n, rows, columns, channels]; not disposed of
   * @param mode - `train`: batch norm by the batch's own statistics, a step of the power iteration, and dropout
   * @returns every value by name
   */
  run(
    inputs: ReadonlyMap<string, tf.Tensor4D>,
    mode: 'train' | 'infer',
    { temperature = 1, random = this.#random }: LayersRun = {},
  ): Map<string, tf.Tensor4D> {
    const isTraining = mode === 'train';
    return runNodes(this.#nodes, inputs, {
      weights: (name) => requireValue(this.#weights, name),
      temperature,
      norm: (layer, x) => (isTraining ? this.#norm.train(layer, x) : this.#norm.infer(layer, x)),
      spectral: (layer, weight) =>
        isTraining ? this.#spectral.train(layer, weight) : this.#spectral.infer(layer, weight),
      drop: (x, rate) => (isTraining ? dropChannels(x, rate, random) : x),
    });
  }

  /**
   * The weights of plain layers, with the norms folded in.
   * @returns by name, in the tables' layout; new arrays the caller owns
   */
  exportWeights(): Map<string, NamedWeight> {
    const weights = new Map<string, NamedWeight>();
    for (const [name, shape] of this.shapes) {
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
    const own = requireValue(this.#weights, name);
    if (this.#spectral.has(layer) && name.endsWith('.weight'))
      return tf.tidy(() => this.#spectral.infer(layer, own as tf.Tensor4D));
    const weight = this.#weights.get(`${layer}.weight`);
    const bias = this.#weights.get(`${layer}.bias`);
    if (weight === undefined || bias === undefined) return tf.clone(own);
    const folded = this.#norm.fold(layer, weight, bias);
    const isWeight = name.endsWith('.weight');
    tf.dispose(isWeight ? folded.bias : folded.weight);
    return isWeight ? folded.weight : folded.bias;
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

/** The output channels of each layer with a norm of this kind, by the layer's name. */
function normLayers(nodes: readonly Node[], norm: Norm): Map<string, number> {
  return new Map(
    nodes.flatMap(({ name, op }): [string, number][] => {
      if (op.kind === 'transposedConv') return norm === 'batch' ? [[name, op.outChannels]] : [];
      return op.kind === 'conv' && normOf(op) === norm ? [[layerOf(name, op), op.outChannels]] : [];
    }),
  );
}
