import type { InferenceSession } from 'onnxruntime-node';
import { AppError } from '../../errors.ts';
import type { EmbeddingFile } from './embedding-file.ts';
import { unusable, type EmbeddingSpec } from './embedding-spec.ts';
import { feedOf, readLayout, type PictureLayout } from './picture-layout.ts';

/** A graph's input and output. */
export interface EmbeddingSignature {
  readonly layout: PictureLayout;
  /** name of the vector */
  readonly output: string;
}

/**
 * The most pictures in one run of the bundled network: enough for the six of a scene, so each layer is unpacked only
 * once.
 */
const bundledAtOnce = 8;

/**
 * Reads the input and the output of an embedding network. The bundled one is known; a trial run shows whether a user's
 * network gives the right vector.
 * @throws {AppError} MODEL_INVALID when the graph takes no picture; MODEL_MISMATCH when no output has the right length
 */
export async function readSignature(
  session: InferenceSession,
  file: EmbeddingFile,
  spec: EmbeddingSpec,
): Promise<EmbeddingSignature> {
  const layout = readLayout(session, spec.input, file.path);
  if (file.bundled === undefined)
    return { layout, output: await findOutput(session, layout, spec, file.path) };
  const [output] = session.outputNames;
  if (output === undefined) throw unusable(file.path, 'expected an output but got none');
  return { layout: { ...layout, atOnce: bundledAtOnce }, output };
}

/** Finds the first output that is a vector of the right length. Shapes may be symbolic, so it runs a gray picture. */
async function findOutput(
  session: InferenceSession,
  layout: PictureLayout,
  spec: EmbeddingSpec,
  who: string,
): Promise<string> {
  const vectors = await vectorsOf(session, layout, spec);
  const match = vectors.find(({ size }) => size === spec.size);
  if (match !== undefined) return match.name;
  const got = vectors.map(({ size }) => size).join(', ') || 'no vector';
  throw new AppError(
    'MODEL_MISMATCH',
    `model ${spec.model}: expected an embedding of ${spec.size} numbers but ${who} gives ${got}`,
    { cure: 'name the embedding network that the model was trained with, or choose another model' },
  );
}

/** The vectors that a network gives for a gray picture, in the order of its outputs. */
export async function vectorsOf(
  session: InferenceSession,
  layout: PictureLayout,
  spec: Pick<EmbeddingSpec, 'input' | 'range'>,
): Promise<{ name: string; size: number }[]> {
  const gray = new Uint8Array(spec.input * spec.input).fill(128);
  const results = await session.run(feedOf(layout, [gray], spec));
  return session.outputNames.flatMap((name) => {
    const value = results[name];
    return value?.type === 'float32' && isVector(value.dims) ? [{ name, size: value.size }] : [];
  });
}

function isVector(dims: readonly number[]): boolean {
  return dims.length >= 2 && dims[0] === 1 && dims.filter((side) => side !== 1).length <= 1;
}
