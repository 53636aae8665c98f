import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { SizePx } from '../frame.ts';
import { sessionOptions, type DeviceName } from './devices.ts';
import { EmbeddingSession, type EmbeddingWish } from './embedding-session.ts';
import type { EmbeddingFile } from './embedding.ts';
import { readWeights } from './model.ts';
import { buildNetwork } from './onnx-graph.ts';
import { hasTrunk, outputOf, type NetworkSpec } from './tables/network.ts';
import { conditionSize } from './tables/nodes.ts';
import type { ChecksummedFile } from './weights.ts';

/** All that an engine needs; plain data, so that it can be sent to a worker. */
export interface EngineSetup {
  readonly network: NetworkSpec;
  /** a model's: see `Model` */
  readonly weights: readonly ChecksummedFile[];
  /** the bundled embedding network, whose layers a model may use as its trunk */
  readonly trunk: ChecksummedFile;
  readonly embedding: EmbeddingFile;
  readonly wish: EmbeddingWish;
  readonly device: DeviceName;
  readonly threads: number;
  /** Added to the priority number of the thread that runs it (Linux): 10 lets others go first; absent: 0. */
  readonly niceness?: number;
}

/** A batch in one piece each. */
export interface PackedBatch {
  readonly count: number;
  readonly size: SizePx;
  /** `[count, h, w]` full-range bytes */
  readonly luma: Uint8Array<ArrayBuffer>;
  /** `[count, 256]` */
  readonly conditions: Float32Array<ArrayBuffer>;
  readonly temperature: number;
}

/** The network and its embedding in onnxruntime. Its runs block the thread that calls: see `onnx-worker.ts`. */
export class OnnxEngine implements AsyncDisposable {
  readonly #setup: EngineSetup;
  readonly #network: InferenceSession;
  #embedding: Promise<EmbeddingSession> | undefined;

  private constructor(setup: EngineSetup, network: InferenceSession) {
    this.#setup = setup;
    this.#network = network;
  }

  /**
   * Builds the network on its device.
   * @throws {AppError} MODEL_INVALID when the weights changed since the model was loaded;
   *   onnxruntime's own error when the device cannot be used
   */
  static async open(setup: EngineSetup): Promise<OnnxEngine> {
    const { network, weights, trunk } = setup;
    const graph = buildNetwork(network, await readWeights(weights, hasTrunk(network) ? trunk : undefined));
    return new OnnxEngine(
      setup,
      await InferenceSession.create(graph, sessionOptions(setup.device, setup.threads)),
    );
  }

  /** @returns `[count, 2, h/stride, w/stride]` a*, b*; a new array the caller owns */
  async colorize({ count, size, luma, conditions, temperature }: PackedBatch): Promise<Float32Array> {
    const feeds = {
      luma: new Tensor('uint8', luma, [count, 1, size.heightPx, size.widthPx]),
      condition: new Tensor('float32', conditions, [count, conditionSize]),
    };
    const temperatureFeed = { temperature: new Tensor('float32', Float32Array.of(temperature), []) };
    const { network } = this.#setup;
    const results = await this.#network.run(
      network.head.kind === 'classification' ? { ...feeds, ...temperatureFeed } : feeds,
    );
    const ab = results[outputOf(network)];
    if (!(ab?.data instanceof Float32Array))
      throw new TypeError(`expected float32 ab but got ${ab?.type ?? 'none'}`);
    return ab.data;
  }

  /**
   * @param picture - `[input * input]` gray bytes
   * @returns the embedding; a new array the caller owns
   * @throws {AppError} as `EmbeddingSession.open`
   */
  async embed(picture: Uint8Array): Promise<Float32Array> {
    return (await this.openEmbedding()).embed(picture);
  }

  /** Opens the embedding network now; otherwise the first picture does. */
  openEmbedding(): Promise<EmbeddingSession> {
    const { embedding, wish, device, threads } = this.#setup;
    return (this.#embedding ??= EmbeddingSession.open(embedding, wish, { device, threads }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network.release();
    const embedding = await this.#embedding?.catch(() => undefined);
    await embedding?.[Symbol.asyncDispose]();
  }
}
