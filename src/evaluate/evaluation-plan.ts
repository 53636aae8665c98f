import type { FilmResources } from '../stream/film/film-resources.ts';
import type { Failure } from './evaluation-outcome.ts';
import type { EvaluationSettings } from './evaluation-settings.ts';

/** What to evaluate. */
export interface EvaluationPlan {
  /** Files with a photo's extension are photos, all others are clips. */
  readonly files: readonly string[];
  /** Bundled names or folders, each once. */
  readonly models: readonly string[];
  readonly settings: EvaluationSettings;
  /** As for `chromafeed file`. */
  readonly engine: string;
  readonly device: string;
  readonly precision: string;
  /** An embedding network of the user's own. */
  readonly embedding?: string | undefined;
  /** A second model whose colour is averaged with each model's, and its share: `ddcolor=0.5`. */
  readonly blend?: string | undefined;
  /** Folder for the results of finished files, for another run; default: a temporary folder. */
  readonly workFolder?: string | undefined;
  /** Whether to keep a picture of each file, for a report. */
  readonly keepPictures: boolean;
}

/** What an evaluation needs from outside. */
export interface EvaluationHooks {
  /** Opens the network; called once per model, and only if a file has no result yet. */
  readonly openResources: (model: string) => Promise<FilmResources & AsyncDisposable>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly onFailure?: (failure: Failure) => void;
}

export interface EvaluationProgress {
  /** Label of the model. */
  readonly model: string;
  readonly file: string;
  /** Number of finished files over all models. The current file counts partly. */
  readonly done: number;
  readonly total: number;
  /** undefined if it is not known yet */
  readonly secondsLeft: number | undefined;
}
