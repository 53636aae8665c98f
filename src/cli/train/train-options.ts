import type { BackendChoice } from '../../model/tfjs/backend.ts';
import type { Architecture } from '../../model/tables/network.ts';
import type { TrainablePart } from '../../train/features/trainable-part.ts';
import type { ClassSource } from '../../train/learn/choices.ts';
import type { RunSettings } from '../../train/learn/run-settings.ts';
import type { ViewWeight } from '../../train/run/view-weights.ts';

/** The options of `chromafeed train`, as parsed. */
export interface TrainOptions {
  readonly output?: string;
  readonly from: string;
  readonly fresh?: boolean;
  readonly architecture?: Architecture;
  readonly train: TrainablePart;
  readonly objective: RunSettings['objective']['kind'];
  readonly lambda: number;
  readonly meanWeight: number;
  readonly temperature?: number;
  readonly colourWeight?: number;
  readonly perceptualWeight?: number;
  readonly sceneWeight?: number;
  readonly adversarialWeight?: number;
  readonly classes?: ClassSource;
  readonly grow?: readonly string[];
  readonly width?: number;
  readonly attention?: boolean;
  readonly backbone?: string;
  readonly epochBatches?: number;
  readonly pictures?: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly schedule: 'plateau' | 'cosine';
  readonly warmUp: number;
  readonly patience: number;
  readonly stopAfter: number;
  readonly clip: number;
  readonly average: number;
  readonly embeddingDropout: number;
  readonly views: number;
  readonly augment: number;
  readonly often: readonly ViewWeight[];
  readonly validationPictures: number;
  readonly features?: string;
  readonly backend: BackendChoice;
  readonly threads?: number;
  readonly seed: number;
  readonly name: string;
  readonly modelVersion: number;
  readonly trainedOn: string;
  readonly licence: string;
  readonly json?: boolean;
}

/** The options whose defaults depend on `--camera`; the command line leaves them out unless the user names them. */
export type DependentOptions = Pick<
  TrainOptions,
  | 'objective'
  | 'epochs'
  | 'batchSize'
  | 'learningRate'
  | 'schedule'
  | 'warmUp'
  | 'average'
  | 'embeddingDropout'
  | 'stopAfter'
>;

/** The options as the user gave them. */
export type AskedOptions = Omit<TrainOptions, keyof DependentOptions> &
  Partial<DependentOptions> & {
    /** name or path of a recipe */
    readonly recipe?: string;
  };

/** The same, and the names of those that stand on the command line: they count more than a recipe. */
export type NamedOptions = AskedOptions & { readonly named: ReadonlySet<string> };

/** The additional options of `chromafeed train --camera`. */
export interface CameraOptions extends TrainOptions {
  readonly camera: string;
  readonly frames: number;
  readonly heldOut: number;
}

export type AskedCameraOptions = Omit<CameraOptions, keyof DependentOptions> & Partial<DependentOptions>;
