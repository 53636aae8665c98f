import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { unusable, type EmbeddingSpec } from './embedding-spec.ts';

/** How a graph expects its picture. */
export interface PictureLayout {
  readonly name: string;
  readonly type: 'uint8' | 'float32';
  readonly channels: 1 | 3;
  /** channels last (NHWC) or first (NCHW) */
  readonly isInterleaved: boolean;
  /** the most pictures in one run */
  readonly atOnce: number;
}

/**
 * Reads how a graph expects its picture. A run has one picture, because a user's graph may not accept more.
 * @param who - path of the graph, for messages
 * @throws {AppError} MODEL_INVALID when the input is not one gray or colour picture of `inputPx` x `inputPx`
 */
export function readLayout(session: InferenceSession, inputPx: number, who: string): PictureLayout {
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

/**
 * Lays out pictures as the input of a graph.
 * @param pictures - `[input * input]` gray bytes 0..255 each; not modified
 * @returns the tensor by the name of the input
 */
export function feedOf(
  layout: PictureLayout,
  pictures: readonly Uint8Array[],
  spec: Pick<EmbeddingSpec, 'input' | 'range'>,
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

function describe(input: InferenceSession.ValueMetadata): string {
  return input.isTensor ? `${input.type} [${input.shape.join(', ')}]` : 'no tensor';
}
