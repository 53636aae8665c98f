import { AppError } from '../../errors.ts';
import { decodeFloats, readSafetensors, type StoredTensor } from './safetensors.ts';
import { readChecked, type ChecksummedFile } from './weights.ts';

/**
 * Reads the tensors of a model's files and checks the checksums; each tensor comes from the first file that contains
 * it.
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
 * @throws {AppError} MODEL_INVALID when the tensor is missing or holds a number that is not finite
 */
export function floatsOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  path: string,
): Float32Array {
  const tensor = tensors.get(name);
  if (tensor === undefined)
    throw new AppError('MODEL_INVALID', `${path}: expected a tensor "${name}" but got none`);
  const who = `${path}: tensor "${name}"`;
  const values = decodeFloats(tensor, who);
  requireFinite(values, who);
  return values;
}

/** @throws {AppError} MODEL_INVALID for NaN and infinity, which would spread over the whole picture */
export function requireFinite(values: Float32Array, who: string): void {
  const at = firstNotFinite(values);
  if (at < 0) return;
  throw new AppError(
    'MODEL_INVALID',
    `${who}: expected finite numbers but got ${values[at]} at index ${at}`,
    {
      cure: 'the training went wrong: use an earlier checkpoint, or fetch the model again',
    },
  );
}

/** A loop, because a function for each of the millions of weights takes 0.2 s. @returns -1: all are finite */
function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}
