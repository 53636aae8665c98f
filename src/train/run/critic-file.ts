import { readFile } from 'node:fs/promises';
import { replaceFile } from '../../files/replace-file.ts';
import type { CriticSize } from '../../model/tables/critic.ts';
import {
  decodeFloats,
  readSafetensors,
  writeSafetensors,
  type TensorToStore,
} from '../../model/weights/safetensors.ts';
import { CriticNetwork } from '../learn/critic/critic-network.ts';
import type { NamedWeight } from '../learn/layers/trainable-layers.ts';

/** The critic of a run. */
export interface CriticJob {
  readonly size: CriticSize;
  /** a safetensors file with its weights: its own phase writes it, the phase against it reads it */
  readonly file: string;
}

/** Writes the weights of a critic. */
export async function writeCritic(
  { file }: CriticJob,
  weights: ReadonlyMap<string, NamedWeight>,
): Promise<void> {
  const tensors = new Map<string, TensorToStore>(
    [...weights].map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }]),
  );
  await replaceFile(file, writeSafetensors(tensors));
}

/**
 * Reads a critic that was trained alone.
 * @param seed - of the channels that it leaves out in training
 * @returns a network the caller owns
 */
export async function readCritic({ size, file }: CriticJob, seed: number): Promise<CriticNetwork> {
  const tensors = readSafetensors(await readFile(file), file);
  const initial = (name: string): Float32Array | undefined => {
    const tensor = tensors.get(name);
    return tensor === undefined ? undefined : decodeFloats(tensor, `${file}: ${name}`);
  };
  return new CriticNetwork(size, initial, seed);
}
