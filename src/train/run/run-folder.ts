import { join } from 'node:path';

/** Where a training run keeps what it makes. */
export interface RunFolder {
  readonly dir: string;
  /** features of the frozen part, a cache that may be deleted */
  readonly features: string;
  /** the best model so far: a folder that `--model` takes */
  readonly model: string;
  /** one JSON line per epoch */
  readonly history: string;
  /** loss and scores over the epochs, as a picture */
  readonly plot: string;
  /** folder with one sheet per epoch: gray, coloured and true pictures */
  readonly samples: string;
  /** the settings, for people who read the run later */
  readonly settings: string;
}

/** @param features - another folder for the cache, which several runs can share */
export function runFolder(dir: string, features?: string): RunFolder {
  return {
    dir,
    features: features ?? join(dir, 'features'),
    model: join(dir, 'model'),
    history: join(dir, 'history.jsonl'),
    plot: join(dir, 'history.svg'),
    samples: join(dir, 'samples'),
    settings: join(dir, 'run.json'),
  };
}
