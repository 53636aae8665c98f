import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { SizePx } from '../../frame.ts';
import { conditionFrom } from '../../model/model.ts';
import { buildGraph } from '../../model/onnx/onnx-graph.ts';
import { conditionOf, networkNodes, type NetworkSpec } from '../../model/tables/network.ts';
import { conditionInput, conditionSize, nodesFor } from '../../model/tables/nodes.ts';

/** A value of the network for one picture, [rows, columns, channels]. */
export interface FeatureMap {
  readonly shape: readonly [number, number, number];
  readonly data: Float32Array;
}

/** Luma pictures of one size, and their conditions. */
export interface LumaBatch {
  readonly size: SizePx;
  /** `[n, h, w]` bytes */
  readonly luma: Uint8Array;
  /** `[n, 256]`; a frozen part that ends before the fusion does not need it */
  readonly conditions?: Float32Array;
}

export interface FrozenPartOptions {
  readonly spec: NetworkSpec;
  /** names of the results */
  readonly cuts: readonly string[];
  /** by name, in the tables' layout */
  readonly weights: (name: string) => Float32Array;
  readonly threads: number;
}

/** The part of a network that is not trained. onnxruntime runs it, because it is the fastest. */
export class FrozenPart implements AsyncDisposable {
  readonly cuts: readonly string[];
  readonly #session: InferenceSession;
  /** `[256, embedding]`, if this part has the fusion */
  readonly #matrix: Float32Array | undefined;

  private constructor(session: InferenceSession, cuts: readonly string[], matrix: Float32Array | undefined) {
    this.#session = session;
    this.cuts = cuts;
    this.#matrix = matrix;
  }

  /** Builds the network up to its cuts and loads it into onnxruntime. */
  static async open({ spec, cuts, weights, threads }: FrozenPartOptions): Promise<FrozenPart> {
    const graph = buildGraph(nodesFor(networkNodes(spec), cuts), weights, cuts);
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 as const };
    const session = await InferenceSession.create(graph, options);
    const condition = session.inputNames.includes(conditionInput) ? conditionOf(spec) : undefined;
    return new FrozenPart(session, cuts, condition && weights(condition.weight));
  }

  /**
   * What an embedding adds to a picture's `LumaBatch`.
   * @returns its condition, if this part has the fusion; a new array the caller owns
   */
  conditionsOf(embedding: Float32Array): Pick<LumaBatch, 'conditions'> {
    return this.#matrix === undefined ? {} : { conditions: conditionFrom(this.#matrix, embedding) };
  }

  /**
   * Computes the cut values.
   * @returns for each picture its maps by name; new arrays the caller owns
   */
  async run({ size, luma, conditions }: LumaBatch): Promise<Map<string, FeatureMap>[]> {
    const count = luma.length / (size.widthPx * size.heightPx);
    const feeds: Record<string, Tensor> = {
      luma: new Tensor('uint8', luma, [count, 1, size.heightPx, size.widthPx]),
    };
    if (this.#matrix !== undefined) {
      if (conditions === undefined) throw new TypeError('a part with the fusion needs conditions');
      feeds[conditionInput] = new Tensor('float32', conditions, [count, conditionSize]);
    }
    const results = await this.#session.run(feeds);
    return Array.from({ length: count }, (_, i) => {
      return new Map(this.cuts.map((name) => [name, mapOf(results[name], i)]));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

/** Picture `index` of [n, channels, rows, columns], with channels moved to the end. */
function mapOf(value: Tensor | undefined, index: number): FeatureMap {
  if (!(value?.data instanceof Float32Array)) throw new TypeError('expected float32 features');
  const [, channels = 0, rows = 0, columns = 0] = value.dims;
  const cells = rows * columns;
  const from = value.data.subarray(index * channels * cells, (index + 1) * channels * cells);
  const data = new Float32Array(from.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < cells; i++) data[i * channels + c] = from[c * cells + i] ?? 0;
  }
  return { shape: [rows, columns, channels], data };
}
