import { AppError } from '../../errors.ts';
import { decodeFloats, readSafetensors, type StoredTensor } from './safetensors.ts';
import { readChecked, type ChecksummedFile } from './weights.ts';

/**
 * Reads the tensors of a model's files, checking their checksums; a tensor is the first file's that has it.
 * @throws {AppError} MODEL_INVALID
 */
export async function readTensors(files: readonly ChecksummedFile[]): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const file of files.toReversed()) {
    for (const [name, tensor] of readSafetensors(await readChecked(file), file.path))
      tensors.set(name, tensor);
  }
  return tensors;
}

/**
 * A tensor's numbers; a new array the caller owns.
 * @param path - of the file, for messages
 * @throws {AppError} MODEL_INVALID when there is none of this name
 */
export function floatsOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  path: string,
): Float32Array {
  const tensor = tensors.get(name);
  if (tensor === undefined)
    throw new AppError('MODEL_INVALID', `${path}: expected a tensor "${name}" but got none`);
  return decodeFloats(tensor, `${path}: tensor "${name}"`);
}
