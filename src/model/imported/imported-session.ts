import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { SizePx } from '../../frame.ts';
import { sessionOptions, type DeviceName } from '../engine/devices.ts';
import { floatsToHalves, halvesToFloats } from '../weights/half.ts';
import type { Contract, NumberType } from './contract.ts';
import { channelsOf, inputValues } from './convert.ts';

/** One input or output of a graph, as its file declares it. */
export interface TensorFacts {
  readonly name: string;
  /** onnxruntime's name of the type of its numbers; `none`: it is no tensor */
  readonly type: string;
  /** a name stands for a size that is known only at run time */
  readonly shape: readonly (number | string)[];
}

/** A picture for a network: `[heightPx * widthPx]` full-range luma bytes. */
export interface LumaPicture {
  readonly luma: Uint8Array;
  readonly size: SizePx;
}

/** One result of a graph. */
export interface RawTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** undefined if its numbers are neither float32 nor float16 */
  readonly values: Float32Array | undefined;
}

/** The inputs of a contract. */
export type ContractInputs = Pick<Contract, 'input' | 'zeros'>;

/** An open imported network. Runs block the thread that calls. */
export class ImportedSession {
  readonly #session: InferenceSession;
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];

  private constructor(session: InferenceSession) {
    this.#session = session;
    this.inputs = session.inputMetadata.map(factsOf);
    this.outputs = session.outputMetadata.map(factsOf);
  }

  /**
   * @param file - the ONNX file
   * @throws {Error} onnxruntime's own when the file is no ONNX graph or the device cannot be used
   */
  static async open(file: string, device: DeviceName, threads: number): Promise<ImportedSession> {
    return new ImportedSession(await InferenceSession.create(file, sessionOptions(device, threads)));
  }

  /**
   * Runs the network on one picture.
   * @param outputs - names of the results that count; absent: all
   * @returns new arrays the caller owns
   */
  async run(
    { input, zeros }: ContractInputs,
    { luma, size }: LumaPicture,
    outputs: readonly string[] = this.#session.outputNames,
  ): Promise<RawTensor[]> {
    const shape = [size.heightPx, size.widthPx];
    const feeds = {
      [input.name]: tensorOf(input.type, inputValues(luma, input.form), [
        1,
        channelsOf(input.form),
        ...shape,
      ]),
    };
    for (const { name, type, channels } of zeros)
      feeds[name] = tensorOf(type, new Float32Array(channels * luma.length), [1, channels, ...shape]);
    const results = await this.#session.run(feeds, outputs);
    return outputs.map((name) => {
      const value = results[name];
      return { name, dims: value?.dims ?? [], values: value && floatsOf(value) };
    });
  }
}

function factsOf(metadata: InferenceSession.ValueMetadata): TensorFacts {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'none', shape: [] };
}

function tensorOf(type: NumberType, values: Float32Array, dims: readonly number[]): Tensor {
  return type === 'float32'
    ? new Tensor('float32', values, dims)
    : new Tensor('float16', floatsToHalves(values), dims);
}

/** Newer versions of Node have a typed array for half precision; onnxruntime then uses it. */
function floatsOf({ type, data }: Tensor): Float32Array | undefined {
  if (data instanceof Float32Array) return data.slice();
  if (type !== 'float16') return undefined;
  return data instanceof Uint16Array ? halvesToFloats(data) : Float32Array.from(data as ArrayLike<number>);
}
