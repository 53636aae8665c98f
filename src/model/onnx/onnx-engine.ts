import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../engine/devices.ts';
import type { Engine, EngineSetup, PackedBatch } from '../engine/engine.ts';
import { LazyEmbedding } from '../embedding/lazy-embedding.ts';
import { readNetworkWeights } from '../weights/read-weights.ts';
import { buildNetwork } from './onnx-graph.ts';
import { repeated, styleFeatures, type StyleFeatures } from './style-features.ts';
import { outputOf, type NetworkSpec } from '../tables/network.ts';
import { conditionSize } from '../tables/nodes.ts';

/** The network and its embedding in onnxruntime. */
export class OnnxEngine implements Engine {
  readonly embedding: LazyEmbedding;
  readonly #spec: NetworkSpec;
  readonly #network: InferenceSession;
  readonly #style: StyleFeatures | undefined;

  private constructor(setup: EngineSetup, network: InferenceSession, style: StyleFeatures | undefined) {
    const { embedding, embeddingSpec, device, threads } = setup;
    this.embedding = new LazyEmbedding(embedding, embeddingSpec, { device, threads });
    this.#spec = setup.network;
    this.#network = network;
    this.#style = style;
  }

  /**
   * Builds the network on its device.
   * @throws {AppError} MODEL_INVALID when the weights changed since the model was loaded;
   *   onnxruntime's own error when the device cannot be used
   */
  static async open(setup: EngineSetup): Promise<OnnxEngine> {
    const { network, weights, trunk } = setup;
    const read = await readNetworkWeights(network, weights, trunk);
    const style = await styleFeatures(setup, read);
    const inputs = style === undefined ? [] : [style];
    const graph = buildNetwork(network, read, { ranges: setup.ranges, inputs });
    const session = await InferenceSession.create(graph, sessionOptions(setup.device, setup.threads));
    return new OnnxEngine(setup, session, style);
  }

  async colorize({ count, size, luma, conditions, temperature, raise }: PackedBatch): Promise<Float32Array> {
    await this.embedding.closeIfIdle();
    const scalar = (value: number): Tensor => new Tensor('float32', Float32Array.of(value), []);
    const style = this.#style;
    const feeds = {
      luma: new Tensor('uint8', luma, [count, 1, size.heightPx, size.widthPx]),
      condition: new Tensor('float32', conditions, [count, conditionSize]),
      temperature: scalar(temperature),
      raise: scalar(raise),
      ...(style && {
        [style.name]: new Tensor('float32', repeated(style, count), [count, style.channels, 1, 1]),
      }),
    };
    const { inputNames } = this.#network;
    const results = await this.#network.run(
      Object.fromEntries(Object.entries(feeds).filter(([name]) => inputNames.includes(name))),
    );
    const ab = results[outputOf(this.#spec)];
    if (!(ab?.data instanceof Float32Array))
      throw new TypeError(`expected float32 ab but got ${ab?.type ?? 'none'}`);
    return ab.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network.release();
    await this.embedding[Symbol.asyncDispose]();
  }
}
