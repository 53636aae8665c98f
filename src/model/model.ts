import { join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { bundledModelDir } from './bundled-models.ts';
import { importedModel, isImportedModel, type ImportedModel } from './imported/imported-model.ts';
import { isImported, parseImportedManifest, type ImportedManifest } from './imported/imported-manifest.ts';
import { modelFolders, type ModelFolder } from './model-folders.ts';
import { maxManifestBytes, parseManifest, type Manifest } from './manifest.ts';
import { floatsOf, readTensors, requireFinite } from './weights/stored-weights.ts';
import { decodeFloats, type StoredTensor } from './weights/safetensors.ts';
import { defaultModel } from './default-model.ts';
import { conditionOf, weightShapes } from './tables/network.ts';
import { conditionSize } from './tables/nodes.ts';
import { readModelFile, type ChecksummedFile } from './weights/weights.ts';

/**
 * A model that has been checked. Plain data, so that it can be sent to a worker. The weights stay in their file,
 * except the matrix for the embedding.
 */
export interface Model {
  readonly manifest: Manifest;
  /** its folder, absolute */
  readonly dir: string;
  /** the model's own weights file first, then the file of the model that it was made from */
  readonly weights: readonly ChecksummedFile[];
  /**
   * the matrix that turns an embedding into a condition, [256, embedding.size], row-major; absent: the network has no
   * condition
   */
  readonly embeddingMatrix?: Float32Array;
}

/** One line of `listModels`. */
export interface ModelListing {
  readonly name: string;
  /** absolute */
  readonly dir: string;
  readonly origin: ModelFolder['origin'];
  /** absent when the manifest is faulty */
  readonly manifest?: Manifest;
  /** instead of `manifest`, for a model that was imported from an ONNX file */
  readonly imported?: ImportedManifest;
  readonly fault?: AppError;
}

/**
 * Loads and checks a model of either kind: one of Chromafeed's own networks, or one that was imported from an ONNX
 * file.
 * @param dirOrName - as for `loadModel`
 * @throws {AppError} MODEL_INVALID
 */
export async function loadAnyModel(dirOrName: string = defaultModel): Promise<Model | ImportedModel> {
  const dir = modelDir(dirOrName);
  const text = await readManifestText(dir);
  return isImported(text) ? importedModel(text, dir) : loadModel(dirOrName);
}

/**
 * Loads and checks one of Chromafeed's own networks: manifest, checksum, tensors against the layer tables.
 * @param dirOrName - a name that `listModels` returns, or a folder with `model.json`
 * @throws {AppError} MODEL_INVALID; MODEL_MISMATCH for a model that was imported from an ONNX file
 */
export async function loadModel(dirOrName: string = defaultModel): Promise<Model> {
  const dir = modelDir(dirOrName);
  const manifest = await readManifest(dir);
  const own = { path: join(dir, manifest.weights.file), ...checksumOf(manifest) };
  const weights = [own, ...(await baseWeights(manifest, dir))];
  const tensors = await readTensors(weights);
  checkShapes(manifest, tensors, own.path);
  const condition = conditionOf(manifest);
  if (condition === undefined) return { manifest, dir, weights };
  return { manifest, dir, weights, embeddingMatrix: floatsOf(tensors, condition.weight, own.path) };
}

/** A model that stores only its changes names the model that it was made from; exactly that one must be installed. */
async function baseWeights({ base, name }: Manifest, dir: string): Promise<ChecksummedFile[]> {
  if (base === undefined) return [];
  const baseDir = bundledModelDir(base.name) ?? modelDir(base.name);
  const manifest = await readManifest(baseDir).catch((cause: unknown) => {
    throw new AppError(
      'MODEL_INVALID',
      `model ${dir}: expected the model ${base.name} that it was made from`,
      {
        cure: `install ${base.name}, or train ${name} again`,
        cause,
      },
    );
  });
  if (manifest.base !== undefined || manifest.weights.sha256 !== base.sha256)
    throw new AppError(
      'MODEL_MISMATCH',
      `model ${dir}: expected ${base.name} with sha256 ${base.sha256} but got ${manifest.weights.sha256}`,
      { cure: `train ${name} again, from this version of ${base.name}` },
    );
  return [{ path: join(baseDir, manifest.weights.file), ...checksumOf(manifest) }];
}

/**
 * Lists the user's models and the installed ones, including faulty ones.
 * @returns in the order of `modelFolders`; only manifests are read
 */
export async function listModels(): Promise<ModelListing[]> {
  const colorizers = modelFolders().filter(({ dir }) => existsSync(join(dir, 'model.json')));
  return Promise.all(colorizers.map(listing));
}

/**
 * Checks every number of a model.
 * @param dirOrName - as for `loadModel`
 * @throws {AppError} MODEL_INVALID for any fault `loadModel` finds, or when a weight is not finite
 */
export async function verifyModel(dirOrName: string): Promise<Model | ImportedModel> {
  const model = await loadAnyModel(dirOrName);
  if (isImportedModel(model)) return model;
  for (const [name, tensor] of await readTensors(model.weights)) {
    const who = `model ${model.dir}: tensor "${name}"`;
    requireFinite(decodeFloats(tensor, who), who);
  }
  return model;
}

/**
 * The embedding's half of the fusion: one matrix product, once per scene.
 * @param model - the model with the matrix
 * @param embedding - as long as the model's `embedding.size`
 * @returns its matrix times the embedding, 256 numbers, or zeros if the network has no condition; a new array the caller
 *   owns
 * @throws {AppError} MODEL_MISMATCH when the embedding has another length
 */
export function sceneCondition(model: Model, embedding: Float32Array): Float32Array {
  const { size } = model.manifest.embedding;
  if (embedding.length !== size)
    throw new AppError(
      'MODEL_MISMATCH',
      `model "${model.manifest.name}": expected an embedding of ${size} numbers but got ${embedding.length}`,
    );
  const { embeddingMatrix } = model;
  return embeddingMatrix === undefined
    ? new Float32Array(conditionSize)
    : conditionFrom(embeddingMatrix, embedding);
}

/**
 * The product of an embedding's matrix and an embedding.
 * @param matrix - [256, embedding], row-major
 * @returns 256 numbers; a new array the caller owns
 */
export function conditionFrom(matrix: Float32Array, embedding: Float32Array): Float32Array {
  const size = embedding.length;
  return Float32Array.from({ length: conditionSize }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += matrix[row * size + i]! * embedding[i]!;
    return sum;
  });
}

/** A name means the user's model with that name, then an installed one; anything else is a path. */
function modelDir(dirOrName: string): string {
  const found = modelFolders().find(
    ({ name, dir }) => name === dirOrName && existsSync(join(dir, 'model.json')),
  );
  return found?.dir ?? resolve(dirOrName);
}

async function readManifest(dir: string): Promise<Manifest> {
  const text = await readManifestText(dir);
  if (!isImported(text)) return parseManifest(text, join(dir, 'model.json'));
  throw new AppError(
    'MODEL_MISMATCH',
    `model ${dir}: expected a network of Chromafeed's own but this one was imported from an ONNX file`,
    { cure: 'use it with file, evaluate and serve; to train or to quantize, name another model' },
  );
}

async function readManifestText(dir: string): Promise<string> {
  return (await readModelFile(join(dir, 'model.json'), maxManifestBytes)).toString('utf8');
}

async function listing({ name, dir, origin }: ModelFolder): Promise<ModelListing> {
  try {
    const text = await readManifestText(dir);
    const path = join(dir, 'model.json');
    if (isImported(text)) return { name, dir, origin, imported: parseImportedManifest(text, path) };
    return { name, dir, origin, manifest: parseManifest(text, path) };
  } catch (error) {
    if (error instanceof AppError) return { name, dir, origin, fault: error };
    throw error;
  }
}

function checksumOf({ weights: { bytes, sha256 } }: Manifest): { bytes: number; sha256: string } {
  return { bytes, sha256 };
}

/** Checks that layer tables, manifest and file agree; one message names all differences. */
function checkShapes(manifest: Manifest, tensors: ReadonlyMap<string, StoredTensor>, who: string): void {
  const expected = weightShapes(manifest, manifest.embedding.size);
  const inFile = new Map([...tensors].map(([name, tensor]) => [name, tensor.shape]));
  const listed = new Map(Object.entries(manifest.tensors));
  // A model that was made from another lists only its changes.
  const own = [...expected].filter(([name]) => manifest.base === undefined || listed.has(name));
  const faults = [
    ...differences(expected, inFile, 'the file'),
    ...differences(new Map(own), listed, 'the manifest'),
  ];
  if (faults.length === 0) return;
  throw new AppError('MODEL_INVALID', `${who}: ${faults.join('; ')}`, {
    cure: 'the weights do not belong to the architecture, colour head or embedding in the manifest',
    details: { faults },
  });
}

function differences(
  expected: ReadonlyMap<string, readonly number[]>,
  got: ReadonlyMap<string, readonly number[]>,
  where: string,
): string[] {
  const names = [...new Set([...expected.keys(), ...got.keys()])];
  return names
    .map((name) => ({ name, want: showShape(expected.get(name)), have: showShape(got.get(name)) }))
    .filter(({ want, have }) => want !== have)
    .map(({ name, want, have }) => `tensor "${name}": expected ${want} but ${where} has ${have}`);
}

function showShape(shape: readonly number[] | undefined): string {
  return shape === undefined ? 'none' : `[${shape.join(', ')}]`;
}
