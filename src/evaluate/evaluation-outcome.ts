import type { FileResult, Versions } from './figures.ts';
import type { EvaluationSettings } from './evaluation-settings.ts';
import type { Summary } from './summarize.ts';

/** A file that could not be evaluated; the others were. */
export interface Failure {
  readonly file: string;
  /** Of the error, as `docs/errors.md` has them. */
  readonly code: string;
  readonly message: string;
  readonly cure: string | undefined;
  readonly exitCode: number;
}

/** One model's results. */
export interface ModelOutcome {
  /** The model's name; where two share it, what was asked for. */
  readonly label: string;
  readonly name: string;
  readonly version: number;
  readonly weightsSha256: string;
  readonly summary: Summary;
  /** Means over the files that every model has: only those may be compared. */
  readonly common: Summary;
  readonly results: readonly FileResult[];
}

/** What came of an evaluation; disposal removes its temporary files, and with them the pictures. */
export interface EvaluationOutcome extends AsyncDisposable {
  readonly settings: EvaluationSettings;
  readonly models: readonly ModelOutcome[];
  readonly failures: readonly Failure[];
  /** false: it was stopped before its end. */
  readonly isComplete: boolean;
  /** A result's picture in its three versions, as data URIs; undefined if none was kept. */
  readonly picture: (result: FileResult) => Promise<Versions<string> | undefined>;
}
