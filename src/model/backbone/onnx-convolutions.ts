import { AppError } from '../../errors.ts';
import { decodeModel } from '../onnx/onnx-file.ts';
import type { GraphProto, NodeProto, TensorProto } from '../onnx/onnx-messages.ts';
import { withNorm, type StoredConv, type StoredNorm } from './stored-conv.ts';

/** `TensorProto.DataType` of 32-bit floats. */
const float32 = 1;
/** ONNX's default for `BatchNormalization`. */
const usualEpsilon = 1e-5;

/**
 * Reads the convolutions of an ONNX graph, in the graph's order.
 * @param bytes - the file; read, not kept
 * @param who - its path, for messages
 * @throws {AppError} MODEL_INVALID when it is no ONNX file, or its weights are not 32-bit floats
 */
export function onnxConvolutions(bytes: Uint8Array, who: string): StoredConv[] {
  const graph = graphOf(bytes, who);
  const tensors = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  const floats = (name: string | undefined): Float32Array =>
    floatsOf(tensors.get(name ?? ''), name ?? '', who);
  const nodes = graph.node ?? [];
  return nodes
    .filter(({ opType, input }) => opType === 'Conv' && tensors.has(input?.[1] ?? ''))
    .map((node) => {
      const [, weight = '', bias] = node.input ?? [];
      const shape = [...(tensors.get(weight)?.dims ?? [])];
      const conv: StoredConv = {
        name: weight.replace(/\.weight$/, ''),
        shape,
        weight: floats(weight),
        bias: bias === undefined || bias === '' ? new Float32Array(shape[0] ?? 0) : floats(bias),
      };
      const norm = nodes.find(
        ({ opType, input }) => opType === 'BatchNormalization' && input?.[0] === node.output?.[0],
      );
      return norm === undefined ? conv : withNorm(conv, normOf(norm, floats));
    });
}

function graphOf(bytes: Uint8Array, who: string): GraphProto {
  try {
    const { graph } = decodeModel(bytes);
    if (graph !== undefined) return graph;
  } catch (cause) {
    throw unreadable(who, cause);
  }
  throw unreadable(who);
}

function unreadable(who: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', `${who}: expected an ONNX file but got something else`, {
    cure: 'name an .onnx file, the .h5 file of a Keras model, or the model.json of a TensorFlow.js layers model',
    ...(cause === undefined ? {} : { cause }),
  });
}

function normOf(
  { input = [], attribute = [] }: NodeProto,
  floats: (name: string | undefined) => Float32Array,
): StoredNorm {
  const [, gamma, beta, mean, variance] = input;
  return {
    gamma: floats(gamma),
    beta: floats(beta),
    mean: floats(mean),
    variance: floats(variance),
    epsilon: attribute.find(({ name }) => name === 'epsilon')?.f ?? usualEpsilon,
  };
}

/** A copy at an aligned address. */
function floatsOf(tensor: TensorProto | undefined, name: string, who: string): Float32Array {
  const { dataType, rawData } = tensor ?? {};
  if (dataType === float32 && rawData !== undefined) return new Float32Array(new Uint8Array(rawData).buffer);
  throw new AppError('MODEL_INVALID', `${who}: tensor "${name}": expected 32-bit floats in raw form`, {
    cure: 'export the network again, in float32 and with its weights in the file',
  });
}
