import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { readModelFile } from '../weights/weights.ts';
import { kerasConfigSchema, kerasConvolutions, type KerasWeight } from './keras-convolutions.ts';
import type { StoredConv } from './stored-conv.ts';

/** The largest size of a part of the weights, bytes. Node cannot read a larger file in one piece. */
const maxBytes = 2 ** 31 - 1;

const modelSchema = z.object({
  modelTopology: z.object({ model_config: kerasConfigSchema }),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string().regex(/^[\w.-]+$/, 'expected the name of a file beside it')),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().min(0)),
          dtype: z.literal('float32'),
          quantization: z.undefined().optional(),
        }),
      ),
    }),
  ),
});

/**
 * Reads the convolutions of a TensorFlow.js layers model, which `tensorflowjs_converter` makes of a Keras model.
 * @param path - of its `model.json`; the weights lie beside it
 * @returns see `kerasConvolutions`
 * @throws {AppError} MODEL_INVALID when it is no layers model, or its weights are not 32-bit floats
 */
export async function layersConvolutions(path: string): Promise<StoredConv[]> {
  const { modelTopology, weightsManifest } = parse(await readModelFile(path, maxBytes), path);
  const weights = new Map<string, KerasWeight>();
  for (const group of weightsManifest) {
    const parts = await Promise.all(
      group.paths.map((part) => readModelFile(join(dirname(path), part), maxBytes)),
    );
    const bytes = new Uint8Array(Buffer.concat(parts));
    let offset = 0;
    for (const { name, shape } of group.weights) {
      const end = offset + 4 * shape.reduce((product, side) => product * side, 1);
      if (end > bytes.length) throw unreadable(path, `the weights end inside ${name}`);
      weights.set(name, { shape, data: new Float32Array(bytes.slice(offset, end).buffer) });
      offset = end;
    }
  }
  return kerasConvolutions(modelTopology.model_config, weights);
}

function parse(bytes: Buffer, path: string): z.infer<typeof modelSchema> {
  try {
    return modelSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw unreadable(path, cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause), cause);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', `${path}: expected a TensorFlow.js layers model: ${reason}`, {
    cure: 'convert the Keras model with tensorflowjs_converter, without quantization',
    ...(cause === undefined ? {} : { cause }),
  });
}
