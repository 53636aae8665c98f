import { floatsOf, readTensors } from './stored-weights.ts';
import { trunkPrefix } from '../tables/inception-v3.ts';
import { readTrunkWeights } from './trunk-weights.ts';
import { sharesTrunk, type NetworkSpec } from '../tables/network.ts';
import type { ChecksummedFile } from './weights.ts';

/**
 * Reads a model's weights for building a network, and checks them again.
 * @param files - of a model; each tensor comes from the first file that contains it
 * @param trunk - the embedding network that comes with the program, if the model uses its layers
 * @returns a function from a tensor's name to its numbers, decoded on demand; a new array the caller owns
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

/**
 * Reads the weights of a network, with those of the bundled embedding network if it uses that one's layers.
 * @param trunk - the embedding network that comes with the program
 * @throws {AppError} MODEL_INVALID
 */
export async function readNetworkWeights(
  spec: NetworkSpec,
  files: readonly ChecksummedFile[],
  trunk: ChecksummedFile,
): Promise<(name: string) => Float32Array> {
  return readWeights(files, sharesTrunk(spec) ? trunk : undefined);
}
