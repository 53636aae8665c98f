import protobuf from 'protobufjs/light.js';
import { onnxSchema, type ModelProto } from './onnx-messages.ts';

const modelType = protobuf.Root.fromJSON(onnxSchema).lookupType('onnx.ModelProto');

/**
 * Encodes a model as an ONNX file.
 * @returns a new array the caller owns
 */
export function encodeModel(model: ModelProto): Uint8Array {
  return modelType.encode(model).finish();
}

/**
 * Decodes an ONNX file; fields that onnx.proto does not list are left out.
 * @param bytes - not modified; the tensors' `rawData` are views of it
 * @throws {Error} protobufjs's own when the file is not a protobuf message
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return modelType.toObject(modelType.decode(bytes), { longs: Number });
}
