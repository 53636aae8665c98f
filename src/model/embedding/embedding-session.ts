import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { sessionOptions, type DeviceName } from '../engine/devices.ts';
import { verifyFile } from '../weights/weights.ts';
import type { EmbeddingFile } from './embedding-file.ts';
import { embeddingGraph } from './embedding-graph.ts';
import { readSignature, type EmbeddingSignature } from './embedding-signature.ts';
import { unusable, type EmbeddingSpec } from './embedding-spec.ts';
import { feedOf } from './picture-layout.ts';

/** Where and how an embedding network runs. */
export interface EmbeddingSessionOptions {
  readonly device: DeviceName;
  /** CPU threads for one run */
  readonly threads: number;
  /** whether the bundled network's weights are unpacked once at the start, which pays for many pictures; absent: no */
  readonly isUnpacked?: boolean;
}

/** An open embedding network. */
export class EmbeddingSession implements AsyncDisposable {
  readonly #session: InferenceSession;
  readonly #spec: EmbeddingSpec;
  readonly #signature: EmbeddingSignature;

  private constructor(session: InferenceSession, spec: EmbeddingSpec, signature: EmbeddingSignature) {
    this.#session = session;
    this.#spec = spec;
    this.#signature = signature;
  }

  /**
   * Opens an embedding network and checks that it suits the model; a user's file is checked by a trial run.
   * @throws {AppError} MODEL_INVALID when the file is damaged or its graph takes no picture;
   *   MODEL_MISMATCH when it gives a vector of another length
   */
  static async open(
    file: EmbeddingFile,
    spec: EmbeddingSpec,
    on: EmbeddingSessionOptions,
  ): Promise<EmbeddingSession> {
    if (file.bundled !== undefined) await verifyFile(file.bundled);
    const options = sessionOptions(on.device, on.threads);
    const session = await createSession(
      file,
      file.bundled && on.device === 'cpu' && on.isUnpacked !== true ? unfolded(options) : options,
    );
    try {
      return new EmbeddingSession(session, spec, await readSignature(session, file, spec));
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /**
   * @param pictures - `[input * input]` gray bytes 0..255 each; not modified
   * @returns one embedding per picture, `size` numbers; new arrays the caller owns. The number of pictures per call
   *   does not change the results
   */
  async embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    const { layout, output } = this.#signature;
    const { size } = this.#spec;
    const embeddings: Float32Array[] = [];
    for (let i = 0; i < pictures.length; i += layout.atOnce) {
      const part = pictures.slice(i, i + layout.atOnce);
      const result = await this.#session.run(feedOf(layout, part, this.#spec), [output]);
      const vectors = floatsOf(result[output]);
      embeddings.push(...part.map((_, at) => vectors.slice(at * size, (at + 1) * size)));
    }
    return embeddings;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

/**
 * The bundled network keeps its weights in 8 bits and unpacks each layer when it runs. On the CPU a picture then takes
 * 75 ms instead of 55, but the network takes 65 MB of memory instead of 310. It runs once per scene. Callers that embed
 * thousands of pictures set `isUnpacked`.
 */
function unfolded(options: InferenceSession.SessionOptions): InferenceSession.SessionOptions {
  const extra = { ...options.extra, optimization: { disable_specified_optimizers: 'ConstantFolding' } };
  return { ...options, extra };
}

async function createSession(
  file: EmbeddingFile,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const graph = await embeddingGraph(file.path);
  try {
    return typeof graph === 'string'
      ? await InferenceSession.create(graph, options)
      : await InferenceSession.create(graph, options);
  } catch (cause) {
    throw unusable(
      file.path,
      `expected an ONNX graph but got ${String(cause).split('\n', 1)[0] ?? ''}`,
      cause,
    );
  }
}

function floatsOf(value: Tensor | undefined): Float32Array {
  if (value?.data instanceof Float32Array) return value.data;
  throw new TypeError(`expected a float32 result but got ${value?.type ?? 'none'}`);
}
