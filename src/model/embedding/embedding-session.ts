import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../errors.ts';
import { sessionOptions, type DeviceName } from '../engine/devices.ts';
import type { EmbeddingFile } from './embedding-file.ts';
import { verifyFile } from '../weights/weights.ts';

/** What a model needs of its embedding. */
export interface EmbeddingSpec {
  /** length of the vector */
  readonly size: number;
  /** side of the square picture, pixels */
  readonly input: number;
  /** the numbers that 0 and 255 are mapped to */
  readonly range: readonly [number, number];
  /** the model's folder, for messages */
  readonly model: string;
}

/** The form in which a graph takes its picture. */
interface PictureLayout {
  readonly name: string;
  readonly type: 'uint8' | 'float32';
  readonly channels: 1 | 3;
  /** channels last (NHWC) or first (NCHW) */
  readonly isInterleaved: boolean;
  /** most pictures in one run */
  readonly atOnce: number;
}

/** A graph's input and output. */
interface Signature {
  readonly layout: PictureLayout;
  /** name of the vector */
  readonly output: string;
}

/** Where and how an embedding network runs. */
export interface EmbeddingSessionOptions {
  readonly device: DeviceName;
  /** CPU threads for one run */
  readonly threads: number;
  /** whether the bundled network's weights are unpacked once at the start, which pays for many pictures; absent: no */
  readonly isUnpacked?: boolean;
}

/** Pictures that the bundled network takes at once: enough for the six of a scene, so that each layer is unpacked once. */
const bundledAtOnce = 8;

/** An open embedding network. */
export class EmbeddingSession implements AsyncDisposable {
  readonly #session: InferenceSession;
  readonly #spec: EmbeddingSpec;
  readonly #signature: Signature;

  private constructor(session: InferenceSession, spec: EmbeddingSpec, signature: Signature) {
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
   * @returns each one's embedding, `size` numbers; new arrays the caller owns. Their number at once
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
 * The bundled network keeps its weights in 8 bits and unpacks each layer when it runs: on the CPU that takes 75 ms a
 * picture instead of 55, but 65 MB of memory instead of 310. It runs once per scene. Callers that embed thousands of
 * pictures set `isUnpacked`.
 */
function unfolded(options: InferenceSession.SessionOptions): InferenceSession.SessionOptions {
  const extra = { ...options.extra, optimization: { disable_specified_optimizers: 'ConstantFolding' } };
  return { ...options, extra };
}

async function createSession(
  file: EmbeddingFile,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(file.path, options);
  } catch (cause) {
    throw unusable(
      file.path,
      `expected an ONNX graph but got ${String(cause).split('\n', 1)[0] ?? ''}`,
      cause,
    );
  }
}

/** The bundled network is known; a trial run shows whether a user's network gives the right vector. */
async function readSignature(
  session: InferenceSession,
  file: EmbeddingFile,
  spec: EmbeddingSpec,
): Promise<Signature> {
  const layout = readLayout(session, spec.input, file.path);
  if (file.bundled === undefined)
    return { layout, output: await findOutput(session, layout, spec, file.path) };
  const [output] = session.outputNames;
  if (output === undefined) throw unusable(file.path, 'expected an output but got none');
  return { layout: { ...layout, atOnce: bundledAtOnce }, output };
}

/** Takes one picture at a time, because a user's graph may not take more. */
function readLayout(session: InferenceSession, inputPx: number, who: string): PictureLayout {
  const [input, ...others] = session.inputMetadata;
  if (input === undefined || others.length > 0)
    throw unusable(who, `expected one input but got ${session.inputMetadata.length}`);
  if (!input.isTensor || (input.type !== 'uint8' && input.type !== 'float32') || input.shape.length !== 4)
    throw unusable(
      who,
      `expected a picture of uint8 or float32 as input "${input.name}" but got ${describe(input)}`,
    );
  const [count, second, third, last] = input.shape;
  const isInterleaved = last === 3 || last === 1;
  const channels = isInterleaved ? last : second;
  const sides = isInterleaved ? [second, third] : [third, last];
  if (channels !== 1 && channels !== 3)
    throw unusable(who, `expected 1 or 3 channels in input "${input.name}" but got ${describe(input)}`);
  if (
    sides.some((side) => typeof side === 'number' && side !== inputPx) ||
    (typeof count === 'number' && count !== 1)
  )
    throw unusable(who, `expected one picture of ${inputPx} x ${inputPx} but got ${describe(input)}`);
  return { name: input.name, type: input.type, channels, isInterleaved, atOnce: 1 };
}

/** Finds the first output that is a vector of the right length. Shapes may be symbolic, so it runs a gray picture. */
async function findOutput(
  session: InferenceSession,
  layout: PictureLayout,
  spec: EmbeddingSpec,
  who: string,
): Promise<string> {
  const gray = new Uint8Array(spec.input * spec.input).fill(128);
  const results = await session.run(feedOf(layout, [gray], spec));
  const vectors = session.outputNames.flatMap((name) => {
    const value = results[name];
    return value?.type === 'float32' && isVector(value.dims) ? [{ name, size: value.size }] : [];
  });
  const match = vectors.find(({ size }) => size === spec.size);
  if (match !== undefined) return match.name;
  const got = vectors.map(({ size }) => size).join(', ') || 'no vector';
  throw new AppError(
    'MODEL_MISMATCH',
    `model ${spec.model}: expected an embedding of ${spec.size} numbers but ${who} gives ${got}`,
    { cure: 'name the embedding network that the model was trained with, or choose another model' },
  );
}

function feedOf(
  layout: PictureLayout,
  pictures: readonly Uint8Array[],
  spec: EmbeddingSpec,
): Record<string, Tensor> {
  const { channels, isInterleaved } = layout;
  const side = spec.input;
  const [count, area] = [pictures.length, side * side];
  const dims = isInterleaved ? [count, side, side, channels] : [count, channels, side, side];
  const values = new (layout.type === 'uint8' ? Uint8Array : Float32Array)(count * channels * area);
  const [black, white] = layout.type === 'uint8' ? [0, 255] : spec.range;
  pictures.forEach((gray, at) => {
    const start = at * channels * area;
    for (let i = 0; i < channels * area; i++) {
      const level = gray[isInterleaved ? Math.floor(i / channels) : i % area]!;
      values[start + i] = black + ((white - black) * level) / 255;
    }
  });
  return { [layout.name]: new Tensor(values, dims) };
}

function floatsOf(value: Tensor | undefined): Float32Array {
  if (value?.data instanceof Float32Array) return value.data;
  throw new TypeError(`expected a float32 result but got ${value?.type ?? 'none'}`);
}

function isVector(dims: readonly number[]): boolean {
  return dims.length >= 2 && dims[0] === 1 && dims.filter((side) => side !== 1).length <= 1;
}

function describe(input: InferenceSession.ValueMetadata): string {
  return input.isTensor ? `${input.type} [${input.shape.join(', ')}]` : 'no tensor';
}

function unusable(path: string, message: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', `embedding ${path}: ${message}`, {
    cure: 'name an ONNX graph with one input, a picture of one or three channels, and a vector as output',
    ...(cause === undefined ? {} : { cause }),
  });
}
