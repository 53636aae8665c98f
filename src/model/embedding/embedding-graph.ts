import { matchBackbone } from '../backbone/match-backbone.ts';
import { readBackbone } from '../backbone/read-backbone.ts';
import { buildGraph } from '../onnx/onnx-graph.ts';
import { requireValue } from '../require-value.ts';
import { inceptionResnetScores, inceptionResnetV2 } from '../tables/inception-resnet-v2.ts';
import { weightShapesOf } from '../tables/nodes.ts';

/**
 * What onnxruntime opens as an embedding network: an ONNX file as it is, or for the `model.json` of a TensorFlow.js
 * layers model our own graph of Inception-ResNet-v2 with its weights. Its vector are the 1000 scores before the softmax,
 * as in Deep Koalarization.
 * @throws {AppError} MODEL_INVALID when the layers model has other layers, or cannot be read
 */
export async function embeddingGraph(path: string): Promise<string | Uint8Array> {
  if (!path.endsWith('.json')) return path;
  const nodes = inceptionResnetV2();
  const weights = matchBackbone(weightShapesOf(nodes, 0), '', await readBackbone(path), path);
  return buildGraph(nodes, (name) => requireValue(weights, name), [inceptionResnetScores]);
}
