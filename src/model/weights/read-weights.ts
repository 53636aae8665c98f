import { floatsOf, readTensors } from './stored-weights.ts';
import { trunkPrefix } from '../tables/inception-v3.ts';
import { readTrunkWeights } from './trunk-weights.ts';
import type { ChecksummedFile } from './weights.ts';

/**
 * Reads a model's weights, checking them again: for whoever builds a network.
 * @param files - a model's; a tensor is taken from the first that has it
 * @param trunk - the embedding network that comes with the program, where the model uses its layers
 * @returns each tensor's numbers by name, decoded on demand; a new array the caller owns
 * @throws {AppError} MODEL_INVALID
 */
export async function readWeights(
  files: readonly ChecksummedFile[],
  trunk?: ChecksummedFile,
): Promise<(name: string) => Float32Array> {
  const tensors = await readTensors(files);
  const who = files[0]?.path ?? '';
  const trunkWeights = trunk === undefined ? undefined : await readTrunkWeights(trunk);
  return (name) =>
    trunkWeights !== undefined && name.startsWith(trunkPrefix) && !tensors.has(name)
      ? trunkWeights(name)
      : floatsOf(tensors, name, who);
}
