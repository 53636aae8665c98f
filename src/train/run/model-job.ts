import type { Model } from '../../model/model.ts';
import type { Architecture, NetworkSpec } from '../../model/tables/network.ts';
import type { TrainablePart } from '../features/trainable-part.ts';
import type { ClassSource } from '../learn/choices.ts';
import type { RunSettings } from '../learn/run-settings.ts';
import type { ManifestFacts } from '../learn/save-model.ts';
import type { CriticJob } from './critic-file.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunReporter } from './run-reporter.ts';
import type { ViewWeight } from './view-weights.ts';

/** A run of the trainer on a set. */
export interface ModelJob {
  /** folder of the set */
  readonly dataset: string;
  readonly base: Model;
  /** whether the run starts from random weights; the frozen part keeps those of the base */
  readonly isFresh: boolean;
  /** of a fresh network; default: that of the base */
  readonly architecture?: Architecture;
  /** of a fresh network of an architecture that has sizes */
  readonly size?: Pick<NetworkSpec, 'width' | 'hasAttention'>;
  /** a user's network whose weights the encoder of a fresh network gets: a path */
  readonly backbone?: string;
  /** where the classes of colour of a fresh network come from; default: the model that it starts from */
  readonly classes?: ClassSource;
  /** values after which the layers up to there are trained and frozen, before the rest is trained */
  readonly grow?: readonly string[];
  /** a critic to train, or to train against */
  readonly critic?: CriticJob;
  readonly part: TrainablePart;
  /** how often each sample is varied, and how strongly */
  readonly views: number;
  readonly augment: number;
  /** samples that are varied more often than others */
  readonly viewWeights: readonly ViewWeight[];
  readonly batchSize: number;
  /** batches between two judgements; default: all of the set */
  readonly epochBatches?: number;
  /** whether the user asked for this batch size, so that it must not be made smaller */
  readonly isBatchFixed: boolean;
  /** number of held-out pictures that judge each epoch */
  readonly validationPictures: number;
  readonly settings: RunSettings;
  readonly folder: RunFolder;
  /** of the new model */
  readonly name: string;
  readonly version: number;
  readonly provenance: ManifestFacts['provenance'];
  readonly signal: AbortSignal;
  readonly reporter: RunReporter;
}
