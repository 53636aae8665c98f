import { AppError } from '../../errors.ts';

/** The embedding that a model needs. */
export interface EmbeddingSpec {
  /** length of the vector */
  readonly size: number;
  /** side of the square picture, pixels */
  readonly input: number;
  /** the values of black (0) and white (255) */
  readonly range: readonly [number, number];
  /** the model's folder, for messages */
  readonly model: string;
}

/** The error for an ONNX file that cannot be used as an embedding network. */
export function unusable(path: string, message: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', `embedding ${path}: ${message}`, {
    cure: 'name an ONNX graph with one input, a picture of one or three channels, and a vector as output',
    ...(cause === undefined ? {} : { cause }),
  });
}
