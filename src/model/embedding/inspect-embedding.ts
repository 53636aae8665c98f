import { basename } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { sessionOptions } from '../engine/devices.ts';
import type { Manifest } from '../manifest.ts';
import { embeddingGraph, usualSide } from './embedding-graph.ts';
import { vectorsOf } from './embedding-signature.ts';
import { unusable } from './embedding-spec.ts';
import { readLayout } from './picture-layout.ts';

/**
 * Finds out what a user's embedding network takes and gives, by a trial run: the side of its picture, and the length of
 * its first vector.
 * @param range - the values of black and white for a network that takes floats
 * @returns as the manifest of a model that is trained with it says it
 * @throws {AppError} MODEL_INVALID when it takes no picture or gives no vector
 */
export async function inspectEmbedding(
  path: string,
  range: readonly [number, number],
): Promise<Manifest['embedding']> {
  const graph = await embeddingGraph(path);
  const options = sessionOptions('cpu', 1);
  const opening =
    typeof graph === 'string'
      ? InferenceSession.create(graph, options)
      : InferenceSession.create(graph, options);
  const session = await opening.catch((cause: unknown) => {
    throw unusable(path, `expected an ONNX graph but got ${String(cause).split('\n', 1)[0] ?? ''}`, cause);
  });
  try {
    const input = sideOf(session) ?? usualSide(path);
    const layout = readLayout(session, input, path);
    const [vector] = await vectorsOf(session, layout, { input, range });
    if (vector === undefined) throw unusable(path, 'expected a vector as output but got none');
    return { network: nameOf(path), size: vector.size, input, range: [...range] };
  } finally {
    await session.release();
  }
}

/** A side that the graph fixes. */
function sideOf(session: InferenceSession): number | undefined {
  const [input] = session.inputMetadata;
  const sides = input?.isTensor === true ? input.shape.slice(1) : [];
  return sides.find((side): side is number => typeof side === 'number' && side > 3);
}

/** The file's name without its ending, in the characters that a manifest allows. */
function nameOf(path: string): string {
  return basename(path)
    .replace(/\.\w+$/, '')
    .replace(/[^\w.-]/g, '-')
    .slice(0, 128);
}
