import type { SourceFile } from './find-sources.ts';
import type { DatasetSettings } from './manifest.ts';
import type { Refusal } from './pictures/refusal.ts';

/** What a set is made of, and who is told. */
export interface DatasetJob {
  /** the set's folder; made when it is not there */
  readonly dir: string;
  readonly sources: readonly SourceFile[];
  readonly settings: DatasetSettings;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DatasetProgress) => void;
  /** each file that is left out, once */
  readonly onRefused: (key: string, refusal: Refusal) => void;
}

export interface DatasetProgress {
  /** taking pictures out of films, looking at pictures, making samples */
  readonly stage: 'films' | 'survey' | 'samples';
  readonly done: number;
  readonly total: number;
}
