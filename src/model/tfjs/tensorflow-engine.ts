import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../errors.ts';
import type { Engine, EngineSetup, PackedBatch } from '../engine.ts';
import { LazyEmbedding } from '../lazy-embedding.ts';
import { readWeights } from '../weights/read-weights.ts';
import { needed } from '../needed.ts';
import { sharesTrunk, networkNodes, outputOf, type NetworkSpec } from '../tables/network.ts';
import {
  conditionInput,
  conditionSize,
  lumaInput,
  nodesFor,
  weightShapesOf,
  type Node,
} from '../tables/nodes.ts';
import { openTensorflow, type TensorflowBackend } from './backend.ts';
import { runNodes, toTensorflowLayout } from './run-nodes.ts';

/**
 * The network in TensorFlow.js: the same nodes and weights as in onnxruntime. The embedding, an ONNX graph that may
 * be the user's own, stays with onnxruntime; it runs once a scene.
 */
export class TensorflowEngine implements Engine {
  readonly backend: TensorflowBackend;
  readonly embedding: LazyEmbedding;
  readonly #output: string;
  readonly #nodes: readonly Node[];
  readonly #weights: ReadonlyMap<string, tf.Tensor>;

  private constructor(
    backend: TensorflowBackend,
    setup: EngineSetup,
    nodes: readonly Node[],
    weights: ReadonlyMap<string, tf.Tensor>,
  ) {
    this.backend = backend;
    const { embedding, wish, threads } = setup;
    this.embedding = new LazyEmbedding(embedding, wish, { device: 'cpu', threads });
    this.#output = outputOf(setup.network);
    this.#nodes = nodes;
    this.#weights = weights;
  }

  /**
   * Loads the network onto the best backend for its device. The backend is the whole thread's.
   * @throws {AppError} DEVICE_UNAVAILABLE; MODEL_INVALID when the weights changed since the model was loaded
   */
  static async open(setup: EngineSetup): Promise<TensorflowEngine> {
    const { network, weights, trunk, wish, threads } = setup;
    const backend = await openBackend(setup.device === 'cuda', threads);
    const read = await readWeights(weights, sharesTrunk(network) ? trunk : undefined);
    const nodes = nodesFor(networkNodes(network), [outputOf(network)]);
    return new TensorflowEngine(backend, setup, nodes, load(nodes, wish.size, network, read));
  }

  async colorize({ count, size, luma, conditions, temperature }: PackedBatch): Promise<Float32Array> {
    const weights = this.#weights;
    const ab = tf.tidy(() => {
      const given = new Map([
        [lumaInput, tf.tensor4d(luma, [count, size.heightPx, size.widthPx, 1], 'int32')],
        [conditionInput, tf.tensor4d(conditions, [count, 1, 1, conditionSize])],
      ]);
      const context = { weights: (name: string) => needed(weights, name), temperature };
      const values = runNodes(this.#nodes, given, context);
      return tf.transpose(needed(values, this.#output), [0, 3, 1, 2]);
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

async function openBackend(wantsGpu: boolean, threads: number): Promise<TensorflowBackend> {
  if (!wantsGpu) return openTensorflow('auto', { threads });
  try {
    return await openTensorflow('gpu', { threads });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const backend = await openTensorflow('auto', { threads });
    return { ...backend, why: [`cuda cannot be used, the cpu takes its place: ${error.message}`] };
  }
}

function load(
  nodes: readonly Node[],
  embeddingSize: number,
  { place }: NetworkSpec,
  read: (name: string) => Float32Array,
): Map<string, tf.Tensor> {
  const shapes = weightShapesOf(nodes, embeddingSize, place);
  return new Map([...shapes].map(([name, shape]) => [name, toTensorflowLayout(name, shape, read(name))]));
}
