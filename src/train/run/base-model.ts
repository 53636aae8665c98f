import { AppError } from '../../errors.ts';
import { matchBackbone } from '../../model/backbone/match-backbone.ts';
import { readBackbone } from '../../model/backbone/read-backbone.ts';
import type { Model } from '../../model/model.ts';
import { readNetworkWeights } from '../../model/weights/read-weights.ts';
import {
  headsOf,
  lightnessOf,
  type Architecture,
  type NetworkSpec,
  encoderPrefixOf,
  weightShapes,
} from '../../model/tables/network.ts';
import type { ChecksummedFile } from '../../model/weights/weights.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { DatasetEmbedding } from '../dataset/dataset-manifest.ts';
import type { Prior } from '../dataset/prior.ts';
import type { Objective } from '../learn/objectives.ts';
import { ownTrunkOf, trainsTrunk } from '../features/cuts.ts';
import type { ClassSource } from '../learn/choices.ts';
import { gamutBins } from '../learn/gamut-bins.ts';
import type { NamedWeight } from '../learn/layers/trainable-layers.ts';
import { TrainableNetwork } from '../learn/trainable-network.ts';
import type { TrainablePart } from '../features/trainable-part.ts';
import { binsOf } from './classes.ts';

/** The start of a run: a network, and its weights if it has any. */
export interface BaseModel {
  readonly spec: NetworkSpec;
  readonly input: Manifest['input'];
  readonly embedding: Manifest['embedding'];
  readonly head: Manifest['head'];
  /** a*, b* of each class, `[classes, 2]`; undefined with a regression head */
  readonly bins?: Float32Array;
  /** if absent, the weights start at random */
  readonly weights?: (name: string) => Float32Array;
  /** weights of the encoder from a user's network, by name; the others start at random */
  readonly pretrained?: ReadonlyMap<string, Float32Array>;
}

/** The network that a run trains. */
export interface BaseRequest {
  /** the model that the run starts from */
  readonly base: Model;
  /** whether the trained part starts from random weights, with a head that suits the objective */
  readonly isFresh: boolean;
  /** default: the model's; only random weights allow another one */
  readonly architecture?: Architecture;
  /** of a network that starts from random weights */
  readonly size?: Pick<NetworkSpec, 'width' | 'hasAttention' | 'sceneClasses'>;
  /** a user's network whose weights its encoder gets (see `readBackbone`) */
  readonly backbone?: string;
  /** where the classes of colour of a network that starts from random weights come from; default: the model */
  readonly classes?: ClassSource;
  /** what made the vectors of the set, for a network that starts from random weights; default: the model's */
  readonly embedding?: DatasetEmbedding | undefined;
  readonly objective: Objective;
  readonly part: TrainablePart;
}

/**
 * Chooses the network that a run trains.
 * @param prior - colours of the set, for classes if there are none yet
 * @param trunk - the bundled embedding network
 * @throws {AppError} USAGE if model, architecture and objective do not fit together
 */
export async function chooseBase(
  request: BaseRequest,
  prior: Prior,
  trunk: ChecksummedFile,
): Promise<BaseModel> {
  const start = await baseOf(request.base, trunk);
  if (request.isFresh) return withBackbone(freshBase(start, request, prior), request);
  requireFitting(request, start);
  return { ...start, spec: { ...start.spec, ownTrunkAfter: ownTrunkOf(start.spec, request.part) } };
}

/**
 * A model as the start of a run.
 * @param trunk - the bundled embedding network
 */
export async function baseOf(model: Model, trunk: ChecksummedFile): Promise<BaseModel> {
  const { manifest } = model;
  const weights = await readNetworkWeights(manifest, model.weights, trunk);
  return {
    spec: specOf(manifest),
    input: manifest.input,
    embedding: manifest.embedding,
    head: manifest.head,
    ...(manifest.head.kind === 'classification' ? { bins: weights('head.bins') } : {}),
    weights,
  };
}

/** What layer-wise training has done so far. */
export interface GrownStart {
  /** weights of the layers that are frozen, by name */
  readonly grown?: ReadonlyMap<string, NamedWeight> | undefined;
  /** the value after which a head of its own ends the network; absent: the whole network */
  readonly stage?: string;
}

/**
 * Makes the part of a network that is trained.
 * @param cuts - where it begins, as `cutsOf` gives them
 * @param seed - of the weights that start at random
 * @returns a network the caller owns
 */
export function networkOf(
  { spec, weights, bins, embedding, pretrained }: BaseModel,
  cuts: readonly string[],
  seed: number,
  { grown, stage }: GrownStart = {},
): TrainableNetwork {
  const hasNorm = weights === undefined;
  const frozen = grown === undefined ? undefined : new Set(grown.keys());
  const plan = { spec, cuts, embeddingSize: embedding.size, hasNorm, frozen, stage };
  const initial = (name: string): Float32Array | undefined =>
    grown?.get(name)?.data ?? (name === 'head.bins' ? bins : (weights?.(name) ?? pretrained?.get(name)));
  return new TrainableNetwork(plan, initial, seed);
}

function specOf(manifest: Manifest): NetworkSpec {
  const { architecture, head, ownTrunkAfter, encoder, width, hasAttention, sceneClasses } = manifest;
  return { architecture, head, ownTrunkAfter, encoder, width, hasAttention, sceneClasses };
}

/** A network with random weights that takes its picture size, embedding and classes from a model. */
function freshBase(like: BaseModel, request: BaseRequest, prior: Prior): BaseModel {
  const architecture = request.architecture ?? like.spec.architecture;
  if (trainsTrunk({ architecture }, request.part)) throw freshTrunk(request.part);
  if (architecture === 'efficientnet-lite') requireEncoder(like, request);
  const lightness = lightnessOf(architecture);
  const embedding = embeddingFor(like, request.embedding);
  const common = { input: { ...like.input, lightness }, embedding } as const;
  if (request.objective.kind === 'mse') {
    if (!headsOf(architecture).includes('regression')) throw regressionWithTrunk(architecture);
    const head = { kind: 'regression', stride: 2 } as const;
    return { ...common, spec: { architecture, head, ...request.size }, head };
  }
  if (!headsOf(architecture).includes('classification')) throw withoutClasses(architecture);
  const bins = request.classes === 'gamut' ? gamutBins() : (like.bins ?? binsOf(prior));
  const { temperature } = request.objective;
  const head = { kind: 'classification', stride: 4, classes: bins.length / 2, temperature } as const;
  const { ownTrunkAfter, encoder } = architecture === like.spec.architecture ? like.spec : {};
  return { ...common, spec: { architecture, head, ownTrunkAfter, encoder, ...request.size }, head, bins };
}

/** The set's network if it is a user's: a bundled one has no range of its own. */
function embeddingFor(like: BaseModel, asked: DatasetEmbedding | undefined): Manifest['embedding'] {
  if (asked?.range === undefined) return like.embedding;
  return { network: asked.network, size: asked.size, input: asked.input, range: asked.range };
}

/** Gives the encoder of a network the weights of a user's network. */
async function withBackbone(base: BaseModel, { backbone, part }: BaseRequest): Promise<BaseModel> {
  if (backbone === undefined) return base;
  const { architecture } = base.spec;
  const prefix = encoderPrefixOf(architecture);
  if (prefix === undefined || part !== 'all')
    throw new AppError(
      'USAGE',
      `--backbone: expected --architecture resnet-unet and --train all but got ${architecture} and ${part}`,
      { cure: 'add --fresh --architecture resnet-unet --train all' },
    );
  const shapes = [...weightShapes(base.spec, base.embedding.size)].filter(([name]) =>
    name.startsWith(prefix),
  );
  return {
    ...base,
    pretrained: matchBackbone(new Map(shapes), prefix, await readBackbone(backbone), backbone),
  };
}

/**
 * The encoder of efficientnet-lite was trained on a million pictures: it comes from a model and never starts at random.
 */
function requireEncoder(like: BaseModel, { base, part }: BaseRequest): void {
  if (part === 'all') throw freshTrunk(part);
  if (like.spec.architecture === 'efficientnet-lite') return;
  throw new AppError(
    'USAGE',
    `--fresh --architecture efficientnet-lite: expected a model with its encoder to start from but got ${base.manifest.name}`,
    { cure: 'add --from efficientnet-lite' },
  );
}

function requireFitting({ base, architecture, objective }: BaseRequest, { spec, head }: BaseModel): void {
  const { name } = base.manifest;
  if (architecture !== undefined && architecture !== spec.architecture)
    throw new AppError(
      'USAGE',
      `--architecture: expected ${spec.architecture}, the architecture of ${name}, but got ${architecture}`,
      { cure: 'add --fresh to train another architecture from random weights' },
    );
  if (objective.kind === 'rebalanced' && head.kind !== 'classification')
    throw new AppError(
      'USAGE',
      `--objective rebalanced: expected a model with classes of colour but ${name} has a ${head.kind} head`,
      { cure: 'use --objective mse, or add --fresh to train a new head from random weights' },
    );
}

function freshTrunk(part: TrainablePart): AppError {
  return new AppError('USAGE', `--train ${part}: expected a model to start from but got --fresh`, {
    cure: `train the decoder first: --fresh --train decoder, then --train ${part} --from RUN/model`,
  });
}

function regressionWithTrunk(architecture: Architecture): AppError {
  return new AppError(
    'USAGE',
    `--fresh --objective mse: expected an architecture with a regression head but got ${architecture}`,
    { cure: 'add --architecture koalarization, or use --objective rebalanced' },
  );
}

function withoutClasses(architecture: Architecture): AppError {
  return new AppError(
    'USAGE',
    `--fresh --objective rebalanced: expected an architecture with classes of colour but got ${architecture}`,
    { cure: 'use --objective mse, or another architecture' },
  );
}
