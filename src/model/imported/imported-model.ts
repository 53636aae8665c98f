import { join } from 'node:path';
import { verifyFile, type ChecksummedFile } from '../weights/weights.ts';
import { parseImportedManifest, type ImportedManifest } from './imported-manifest.ts';

/** A model that was imported from an ONNX file. Plain data. */
export interface ImportedModel {
  readonly manifest: ImportedManifest;
  /** its folder, absolute */
  readonly dir: string;
  /** the ONNX file */
  readonly weights: readonly ChecksummedFile[];
}

/** Whether a model was imported, and is none of Chromafeed's own. */
export function isImportedModel(
  model: { readonly manifest: object } | ImportedModel,
): model is ImportedModel {
  return 'contract' in model.manifest;
}

/**
 * Makes an imported model from its manifest, and checks its file.
 * @param text - the content of `model.json`
 * @param dir - its folder, absolute
 * @throws {AppError} MODEL_INVALID when the manifest is faulty or the ONNX file is missing or changed
 */
export async function importedModel(text: string, dir: string): Promise<ImportedModel> {
  const manifest = parseImportedManifest(text, join(dir, 'model.json'));
  const { file, bytes, sha256 } = manifest.weights;
  const weights = { path: join(dir, file), bytes, sha256 };
  await verifyFile(weights);
  return { manifest, dir, weights: [weights] };
}
