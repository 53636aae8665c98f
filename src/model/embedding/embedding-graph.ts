import { readFile } from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import { matchBackbone } from '../backbone/match-backbone.ts';
import { isKerasModel, readBackbone } from '../backbone/read-backbone.ts';
import { buildGraph } from '../onnx/onnx-graph.ts';
import { requireValue } from '../require-value.ts';
import {
  efficientNetClassifier,
  efficientNetScores,
  efficientNetSide,
  efficientNetSizes,
} from '../tables/efficientnet-classifier.ts';
import {
  inceptionResnetScores,
  inceptionResnetSide,
  inceptionResnetV2,
} from '../tables/inception-resnet-v2.ts';
import { weightShapesOf, type Node } from '../tables/nodes.ts';
import { decodeFloats, readSafetensors, type StoredTensor } from '../weights/safetensors.ts';

/**
 * What onnxruntime opens as an embedding network: an ONNX file as it is, or our own graph with a file's weights. A Keras
 * model (`.h5`, or the `model.json` of TensorFlow.js layers) is an Inception-ResNet-v2; a `.safetensors` file is an
 * EfficientNet-Lite with its classifier, from `scripts/torch/convert_efficientnet.py`. The vector of both are the 1000
 * scores before the softmax, as in Deep Koalarization.
 * @throws {AppError} MODEL_INVALID when the model has other layers, or cannot be read
 */
export async function embeddingGraph(path: string): Promise<string | Uint8Array> {
  if (isSafetensors(path)) return efficientNetGraph(path);
  if (!isKerasModel(path)) return path;
  const nodes = inceptionResnetV2();
  const weights = matchBackbone(weightShapesOf(nodes, 0), '', await readBackbone(path), path);
  return buildGraph(nodes, (name) => requireValue(weights, name), [inceptionResnetScores]);
}

/** The side of the picture that a network takes unless its graph says another one, pixels. */
export function usualSide(path: string): number {
  return isSafetensors(path) ? efficientNetSide : inceptionResnetSide;
}

function isSafetensors(path: string): boolean {
  return path.endsWith('.safetensors');
}

async function efficientNetGraph(path: string): Promise<Uint8Array> {
  const tensors = readSafetensors(await readFile(path), path);
  const nodes = efficientNetSizes.map(efficientNetClassifier).find((one) => hasShapes(tensors, one));
  if (nodes !== undefined)
    return buildGraph(nodes, (name) => decodeFloats(requireValue(tensors, name), `${path}: ${name}`), [
      efficientNetScores,
    ]);
  throw new AppError('MODEL_INVALID', `${path}: expected an EfficientNet-Lite with its classifier`, {
    cure: 'make the file with scripts/torch/convert_efficientnet.py --classifier --fold',
  });
}

function hasShapes(tensors: ReadonlyMap<string, StoredTensor>, nodes: readonly Node[]): boolean {
  return [...weightShapesOf(nodes, 0)].every(
    ([name, shape]) => String(tensors.get(name)?.shape) === String(shape),
  );
}
