import type { Model } from '../../model/model.ts';
import { readWeights } from '../../model/model.ts';
import { hasTrunk, type Architecture, type NetworkSpec } from '../../model/tables/network.ts';
import type { ChecksummedFile } from '../../model/weights.ts';
import type { Manifest } from '../../model/manifest.ts';

/** What a run starts from: a network, and its weights where it has any yet. */
export interface BaseModel {
  readonly spec: NetworkSpec;
  readonly input: Manifest['input'];
  readonly embedding: Manifest['embedding'];
  readonly head: Manifest['head'];
  /** a*, b* of each class, `[classes, 2]`; absent with a regression head */
  readonly bins?: Float32Array;
  /** absent: at random */
  readonly weights?: (name: string) => Float32Array;
  readonly description: string;
}

/**
 * A model as the start of a run.
 * @param trunk - the bundled embedding network
 */
export async function baseOf(model: Model, trunk: ChecksummedFile): Promise<BaseModel> {
  const { manifest } = model;
  const weights = await readWeights(model.weights, hasTrunk(manifest) ? trunk : undefined);
  return {
    spec: { architecture: manifest.architecture, head: manifest.head },
    ...{ input: manifest.input, embedding: manifest.embedding, head: manifest.head },
    ...(manifest.head.kind === 'classification' ? { bins: weights('head.bins') } : {}),
    weights,
    description: `from ${manifest.name} version ${manifest.version}`,
  };
}

/**
 * A network with random weights.
 * @param like - a model whose picture size, embedding and bins it takes
 */
export function freshBase(like: BaseModel, architecture: Architecture, head: Manifest['head']): BaseModel {
  const lightness = architecture === 'koalarization' ? 'L/50-1' : 'v/127.5-1';
  return {
    spec: { architecture, head },
    ...{ input: { ...like.input, lightness }, embedding: like.embedding, head },
    ...(head.kind === 'classification' && like.bins !== undefined ? { bins: like.bins } : {}),
    description: 'from random weights',
  };
}
