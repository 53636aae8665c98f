import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../errors.ts';
import type { Engine, EngineSetup, PackedBatch } from '../engine/engine.ts';
import { LazyEmbedding } from '../embedding/lazy-embedding.ts';
import { readNetworkWeights } from '../weights/read-weights.ts';
import { requireValue } from '../require-value.ts';
import { networkNodes, outputOf, type NetworkSpec } from '../tables/network.ts';
import {
  conditionInput,
  conditionSize,
  lumaInput,
  nodesFor,
  weightShapesOf,
  type Node,
} from '../tables/nodes.ts';
import { repeated, styleFeatures, type StyleFeatures } from '../onnx/style-features.ts';
import { openTensorflow, type TensorflowBackend } from './backend.ts';
import { runNodes, toTensorflowLayout } from './run-nodes.ts';

/**
 * The network in TensorFlow.js, with the same nodes and weights as in onnxruntime. The embedding, an ONNX graph that
 * may be the user's own, stays in onnxruntime; it runs once per scene.
 */
export class TensorflowEngine implements Engine {
  readonly backend: TensorflowBackend;
  readonly embedding: LazyEmbedding;
  readonly #output: string;
  readonly #nodes: readonly Node[];
  readonly #weights: ReadonlyMap<string, tf.Tensor>;
  readonly #style: StyleFeatures | undefined;

  private constructor(
    backend: TensorflowBackend,
    setup: EngineSetup,
    { nodes, weights, style }: LoadedNetwork,
  ) {
    this.backend = backend;
    const { embedding, embeddingSpec, threads } = setup;
    this.embedding = new LazyEmbedding(embedding, embeddingSpec, { device: 'cpu', threads });
    this.#output = outputOf(setup.network);
    this.#nodes = nodes;
    this.#weights = weights;
    this.#style = style;
  }

  /**
   * Loads the network onto the best backend for its device. The backend is shared by the whole thread.
   * @throws {AppError} DEVICE_UNAVAILABLE; MODEL_INVALID when the weights changed since the model was loaded
   */
  static async open(setup: EngineSetup): Promise<TensorflowEngine> {
    const { network, weights, trunk, embeddingSpec, threads } = setup;
    const backend = await openBackend(setup.device === 'cuda', threads);
    const read = await readNetworkWeights(network, weights, trunk);
    const style = await styleFeatures({ ...setup, device: 'cpu' }, read);
    const known = style === undefined ? [] : [style.name];
    const nodes = nodesFor(networkNodes(network), [outputOf(network)], known);
    const loaded = load(nodes, embeddingSpec.size, network, read);
    return new TensorflowEngine(backend, setup, { nodes, weights: loaded, style });
  }

  async colorize({ count, size, luma, conditions, temperature, raise }: PackedBatch): Promise<Float32Array> {
    const weights = this.#weights;
    const style = this.#style;
    const ab = tf.tidy(() => {
      const inputs = new Map([
        [lumaInput, tf.tensor4d(luma, [count, size.heightPx, size.widthPx, 1], 'int32')],
        [conditionInput, tf.tensor4d(conditions, [count, 1, 1, conditionSize])],
      ]);
      if (style !== undefined)
        inputs.set(style.name, tf.tensor4d(repeated(style, count), [count, 1, 1, style.channels]));
      const context = { weights: (name: string) => requireValue(weights, name), temperature, raise };
      const values = runNodes(this.#nodes, inputs, context);
      return tf.transpose(requireValue(values, this.#output), [0, 3, 1, 2]);
    });
    try {
      return (await ab.data()) as Float32Array;
    } finally {
      ab.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    tf.dispose([...this.#weights.values()]);
    await this.embedding[Symbol.asyncDispose]();
  }
}

/** What an engine computes with. */
interface LoadedNetwork {
  readonly nodes: readonly Node[];
  readonly weights: ReadonlyMap<string, tf.Tensor>;
  readonly style: StyleFeatures | undefined;
}

async function openBackend(wantsGpu: boolean, threads: number): Promise<TensorflowBackend> {
  if (!wantsGpu) return openTensorflow('auto', { threads });
  try {
    return await openTensorflow('gpu', { threads });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const backend = await openTensorflow('auto', { threads });
    return { ...backend, why: [`cuda cannot be used, so the cpu is used instead: ${error.message}`] };
  }
}

function load(
  nodes: readonly Node[],
  embeddingSize: number,
  { sceneModel }: NetworkSpec,
  read: (name: string) => Float32Array,
): Map<string, tf.Tensor> {
  const shapes = weightShapesOf(nodes, embeddingSize, sceneModel);
  return new Map([...shapes].map(([name, shape]) => [name, toTensorflowLayout(name, shape, read(name))]));
}
