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
  /** As `chromafeed file` has it. */
  readonly engine: string;
  readonly device: string;
  readonly precision: string;
  /** An embedding network of the user's own. */
  readonly embedding?: string | undefined;
  /** Keeps the results of finished files for another run; absent: a temporary folder. */
  readonly workFolder?: string | undefined;
  /** Whether a picture of each file is kept, for a report. */
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
  /** Files done, over all models; the current file counts in part. */
  readonly done: number;
  readonly total: number;
  /** undefined while it cannot be known */
  readonly secondsLeft: number | undefined;
}
