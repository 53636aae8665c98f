import type { FilmResources } from '../stream/film/film-resources.ts';
import type { Failure } from './evaluation-outcome.ts';
import type { EvaluationSettings } from './evaluation-settings.ts';

/** What is to be evaluated. */
export interface EvaluationPlan {
  /** Photos by their extension, all else clips. */
  readonly files: readonly string[];
  /** Bundled names or folders, each once. */
  readonly models: readonly string[];
  readonly settings: EvaluationSettings;
  /** As `chromafeed file` has it. */
  readonly engine: string;
  readonly device: string;
  /** An embedding network of the user's own. */
  readonly embedding?: string | undefined;
  /** Keeps the results of finished files for another run; absent: a temporary folder. */
  readonly workFolder?: string | undefined;
  /** Whether a picture of each file is kept, for a report. */
  readonly keepPictures: boolean;
}

/** What an evaluation needs from outside. */
export interface EvaluationHooks {
  /** Opens the network; called once a model, and only when a file is still to be evaluated. */
  readonly openResources: (model: string) => Promise<FilmResources & AsyncDisposable>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly onFailure?: (failure: Failure) => void;
}

export interface EvaluationProgress {
  /** Label of the model. */
  readonly model: string;
  readonly file: string;
  /** Files done, of all models; the one under way in part. */
  readonly done: number;
  readonly total: number;
  /** undefined while it cannot be known */
  readonly secondsLeft: number | undefined;
}
