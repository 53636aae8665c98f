import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { bundledModelDir } from '../bundled-models.ts';
import type { Model } from '../model.ts';
import { readModelFile, type ChecksummedFile } from '../weights/weights.ts';

/** A network in an ONNX file that makes one vector from a picture. Plain data. */
export interface EmbeddingFile {
  /** absolute */
  readonly path: string;
  /**
   * facts about the network that comes with the program; absent for a user's file, which is only checked when it is
   * opened
   */
  readonly bundled?: BundledEmbedding;
}

/** Facts about a network that comes with the program. */
export interface BundledEmbedding extends ChecksummedFile {
  readonly name: string;
  /** length of its vector */
  readonly size: number;
}

/** The network that is used unless the user names a file: the package `@chromafeed/model-<this>`. */
export const defaultEmbedding = 'inception-v3';

/** The largest size of an `embedding.json`, bytes. */
const maxDescriptionBytes = 2 ** 16;
/**
 * The largest size of a user's embedding network, bytes: an ONNX file is one protobuf message, which cannot be larger.
 */
const maxEmbeddingBytes = 2 ** 31 - 1;

const descriptionSchema = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string().min(1),
  file: z.string().regex(/^[\w.-]+\.onnx$/),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().min(1),
});

/**
 * Finds an embedding network; its content is checked when it is opened.
 * @param file - a user's ONNX file; absent: the bundled Inception v3
 * @throws {AppError} MODEL_INVALID when the file, or the bundled network's description, is missing or faulty
 */
export async function loadEmbedding(file?: string): Promise<EmbeddingFile> {
  if (file === undefined) {
    const bundled = await bundledEmbedding();
    return { path: bundled.path, bundled };
  }
  const path = resolve(file);
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() === true) {
    if (info.size <= maxEmbeddingBytes) return { path };
    throw new AppError(
      'MODEL_INVALID',
      `embedding ${path}: expected at most ${maxEmbeddingBytes} bytes but got ${info.size}`,
      { cure: 'name an ONNX file that includes its weights and is smaller than 2 GB' },
    );
  }
  throw new AppError('MODEL_INVALID', `embedding ${path}: expected an ONNX file but got none`, {
    cure: 'name an existing .onnx file, or leave the option out to use the Inception v3 that comes with chromafeed',
  });
}

/**
 * Checks that an embedding suits a model, as far as this is known before it is opened.
 * @throws {AppError} MODEL_MISMATCH when the bundled network is not the one that the model was trained with
 */
export function checkNetwork(model: Model, embedding: EmbeddingFile): void {
  const { network, size } = model.manifest.embedding;
  if (embedding.bundled === undefined) return;
  if (embedding.bundled.name === network && embedding.bundled.size === size) return;
  throw new AppError(
    'MODEL_MISMATCH',
    `model ${model.dir}: expected an embedding of ${size} numbers from ${network}` +
      ` but ${embedding.path} gives ${embedding.bundled.size} from ${embedding.bundled.name}`,
    { cure: `name an ONNX file of ${network} with --embedding, or choose another model` },
  );
}

/**
 * The embedding network that comes with the program.
 * @throws {AppError} MODEL_INVALID when its description is missing or faulty
 */
export async function bundledEmbedding(): Promise<BundledEmbedding> {
  const dir = bundledModelDir(defaultEmbedding);
  if (dir === undefined)
    throw new AppError('MODEL_INVALID', `expected the network ${defaultEmbedding} but it is not installed`, {
      cure: `npm install @chromafeed/model-${defaultEmbedding}`,
    });
  const path = join(dir, 'embedding.json');
  const text = (await readModelFile(path, maxDescriptionBytes)).toString('utf8');
  const description = parseDescription(text, path);
  return { ...description, path: join(dir, description.file) };
}

function parseDescription(text: string, path: string): z.infer<typeof descriptionSchema> {
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new AppError('MODEL_INVALID', `${path}: ${reason}`, { cure: 'install chromafeed again', cause });
  }
}
