import { AppError } from '../../errors.ts';
import { weightShapes, type NetworkSpec } from '../../model/tables/network.ts';
import { leastCriticSide, type CriticSize } from '../../model/tables/critic.ts';
import type { Model } from '../../model/model.ts';
import { ownFrozenWeights } from '../features/cuts.ts';
import { pictureStride } from '../learn/picture-tensor.ts';
import type { BaseModel } from './base-model.ts';
import type { Dataset } from '../dataset/dataset.ts';

/**
 * Checks that a set can train a network.
 * @throws {AppError} INPUT_UNSUPPORTED if it has no pictures for training or for validation; MODEL_MISMATCH if its
 *   embeddings come from another network
 */
export function checkSet({ dir, manifest }: Dataset, { embedding }: BaseModel): void {
  const { train, validation } = manifest.samples;
  if (train === 0 || validation === 0)
    throw new AppError(
      'INPUT_UNSUPPORTED',
      `${dir}: expected pictures to learn from and pictures to validate with but got ${train} and ${validation}`,
      { cure: 'make the set again with more pictures, or with a larger --validation-fraction' },
    );
  const { network, size } = manifest.embedding;
  if (network !== embedding.network || size !== embedding.size)
    throw new AppError(
      'MODEL_MISMATCH',
      `${dir}: expected embeddings of ${embedding.size} numbers from ${embedding.network} but got ${size} from ${network}`,
      {
        cure: 'make the set again with this version of chromafeed, start from a model of that embedding, or start from random weights with --fresh',
      },
    );
}

/**
 * Checks that the pictures of a set are large enough for a critic, which sees them at half of their size.
 * @throws {AppError} USAGE
 */
export function checkCritic({ dir, manifest }: Dataset, size: CriticSize): void {
  const least = pictureStride * leastCriticSide(size);
  const sides = manifest.shards.flatMap((shard) => [shard.size.widthPx, shard.size.heightPx]);
  const smallest = Math.min(...sides);
  if (smallest >= least) return;
  throw new AppError(
    'USAGE',
    `critic: expected pictures with sides of at least ${least} pixels, but ${dir} has some of ${smallest}`,
    { cure: 'lower critic.blocks in the recipe, or make the set again with a larger --size' },
  );
}

/**
 * Checks that a model has the weights of the part that is not trained.
 * @param cuts - where the trained part begins
 * @throws {AppError} USAGE if some are missing
 */
export function checkFrozen(spec: NetworkSpec, cuts: readonly string[], { manifest }: Model): void {
  const { size } = manifest.embedding;
  const has = weightShapes(manifest, size);
  const missing = [...ownFrozenWeights(spec, cuts, size)].filter(
    ([name, shape]) => String(has.get(name)) !== String(shape),
  );
  if (missing.length === 0) return;
  throw new AppError(
    'USAGE',
    `--train: expected ${manifest.name} to have the weights of the part of ${spec.architecture} that is not trained` +
      ` but it lacks ${missing.map(([name]) => name).join(', ')}`,
    { cure: 'train more of it: --train all, or --train decoder for inception-trunk' },
  );
}
