import { readModelFile } from '../weights/weights.ts';
import { onnxConvolutions } from './onnx-convolutions.ts';
import type { StoredConv } from './stored-conv.ts';

/** An ONNX file is one protobuf message, which cannot be larger. */
const maxOnnxBytes = 2 ** 31 - 1;

/** A network that is read with its own layers, while an ONNX file may also be run as it is. */
export function isKerasModel(path: string): boolean {
  return path.endsWith('.json') || isHdf5(path);
}

function isHdf5(path: string): boolean {
  return /\.(h5|hdf5)$/i.test(path);
}

/**
 * Reads the convolutions of a user's network, for `matchBackbone`.
 * @param path - an ONNX file, the `.h5` file of a Keras model, or the `model.json` of a TensorFlow.js layers model
 * @throws {AppError} MODEL_INVALID
 */
export async function readBackbone(path: string): Promise<StoredConv[]> {
  if (isKerasModel(path)) return kerasConvolutions(path);
  return onnxConvolutions(await readModelFile(path, maxOnnxBytes), path);
}

/** Loads its readers only when needed: their checks of Keras's files take 0.15 s to load, in each network's thread. */
async function kerasConvolutions(path: string): Promise<StoredConv[]> {
  if (isHdf5(path)) return (await import('./keras-file-convolutions.ts')).kerasFileConvolutions(path);
  return (await import('./layers-convolutions.ts')).layersConvolutions(path);
}
