import type { SourceFile } from './find-sources.ts';
import type { DatasetSettings } from './dataset-manifest.ts';
import type { PictureRefusal } from './pictures/picture-refusal.ts';

/** The sources of a set, and who follows the progress. */
export interface DatasetJob {
  /** the set's folder; made if it is missing */
  readonly dir: string;
  readonly sources: readonly SourceFile[];
  readonly settings: DatasetSettings;
  /** a user's embedding network, and the values of black and white for it; absent: the bundled one */
  readonly embedding?: { readonly path: string; readonly range: readonly [number, number] } | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DatasetProgress) => void;
  /** called for each file that is left out */
  readonly onRefused: (key: string, refusal: PictureRefusal) => void;
}

export interface DatasetProgress {
  /** taking pictures from films, checking pictures, making samples */
  readonly stage: 'films' | 'survey' | 'samples';
  readonly done: number;
  readonly total: number;
}
