import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { formatManifest, type Manifest } from '../../model/manifest.ts';
import { writeSafetensors, type TensorToStore } from '../../model/weights/safetensors.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { NamedWeight } from './layers/trainable-layers.ts';
import { makeFolder } from '../../files/make-folder.ts';

/** What a manifest says, apart from the weights. */
export type ManifestFacts = Omit<Manifest, 'weights' | 'tensors'>;

const weightsFile = 'weights.safetensors';

/**
 * Writes a model's folder: weights in half precision, and then the manifest, which completes the folder.
 * @param dir - created if it is missing; an older model in it is replaced
 */
export async function saveModel(
  dir: string,
  facts: ManifestFacts,
  weights: ReadonlyMap<string, NamedWeight>,
): Promise<Manifest> {
  const tensors = new Map<string, TensorToStore>(
    [...weights].map(([name, { shape, data }]) => [name, { dtype: 'F16', shape, data }]),
  );
  const bytes = writeSafetensors(tensors);
  const manifest: Manifest = {
    ...facts,
    weights: {
      file: weightsFile,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.byteLength,
    },
    tensors: Object.fromEntries([...weights].map(([name, { shape }]) => [name, [...shape]])),
  };
  await makeFolder(dir);
  await replaceFile(join(dir, weightsFile), bytes);
  await replaceFile(join(dir, 'model.json'), formatManifest(manifest));
  return manifest;
}
