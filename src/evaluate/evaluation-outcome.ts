import type { FileResult, Versions } from './figures.ts';
import type { EvaluationSettings } from './evaluation-settings.ts';
import type { Summary } from './summarize.ts';

/** A file that could not be evaluated. It does not affect the others. */
export interface Failure {
  readonly file: string;
  /** The error's code, as in `docs/errors.md`. */
  readonly code: string;
  readonly message: string;
  readonly cure: string | undefined;
  readonly exitCode: number;
}

/** One model's results. */
export interface ModelOutcome {
  /** The model's name, or what the user named if two models share it. */
  readonly label: string;
  readonly name: string;
  readonly version: number;
  readonly weightsSha256: string;
  readonly summary: Summary;
  /** Means over the files that every model has. Only those may be compared. */
  readonly common: Summary;
  readonly results: readonly FileResult[];
}

/** The result of an evaluation. Disposal removes its temporary files, including the pictures. */
export interface EvaluationOutcome extends AsyncDisposable {
  readonly settings: EvaluationSettings;
  readonly models: readonly ModelOutcome[];
  readonly failures: readonly Failure[];
  /** False if it was stopped before its end. */
  readonly isComplete: boolean;
  /** The three versions of a result's picture, as data URIs; undefined if none was kept. */
  readonly picture: (result: FileResult) => Promise<Versions<string> | undefined>;
}
