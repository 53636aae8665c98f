import { readModelFile } from '../weights/weights.ts';
import { layersConvolutions } from './layers-convolutions.ts';
import { onnxConvolutions } from './onnx-convolutions.ts';
import type { StoredConv } from './stored-conv.ts';

/** An ONNX file is one protobuf message, which cannot be larger. */
const maxOnnxBytes = 2 ** 31 - 1;

/**
 * Reads the convolutions of a user's network, for `matchBackbone`.
 * @param path - an ONNX file, or the `model.json` of a TensorFlow.js layers model
 * @throws {AppError} MODEL_INVALID
 */
export async function readBackbone(path: string): Promise<StoredConv[]> {
  if (path.endsWith('.json')) return layersConvolutions(path);
  return onnxConvolutions(await readModelFile(path, maxOnnxBytes), path);
}
