import { DuplicateFinder } from './pictures/duplicates.ts';
import { inOrder } from './in-order.ts';
import type { PictureWorkers } from './pictures/picture-workers.ts';
import type { SurveyedPicture, SurveyTask } from './pictures/picture-worker.ts';
import type { PictureRefusal } from './pictures/picture-refusal.ts';
import type { Split } from './shards/sample.ts';
import type { ChosenPicture } from './shards/shard-plan.ts';
import { isUnchanged } from './pictures/film-thumbnail.ts';

/** A picture file that may become a sample. */
export interface Candidate {
  readonly path: string;
  readonly key: string;
  readonly split: Split;
  /** key of the film, for a picture of a film */
  readonly film?: string;
}

export interface SurveyOptions extends Omit<SurveyTask, 'path'> {
  readonly pool: PictureWorkers;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
  readonly onRefused: (key: string, refusal: PictureRefusal) => void;
}

/**
 * Checks every picture and leaves out useless ones. Validation pictures come first, so that of two near-duplicates the
 * training part loses its one.
 * @param candidates - a film's pictures in the order of their times
 * @returns the pictures to use
 */
export async function surveyPictures(
  candidates: readonly Candidate[],
  options: SurveyOptions,
): Promise<ChosenPicture[]> {
  const { pool, shapes, minChroma, signal } = options;
  const inTurn = [
    ...candidates.filter(({ split }) => split === 'validation'),
    ...candidates.filter(({ split }) => split === 'train'),
  ];
  const chosen: ChosenPicture[] = [];
  const repeats = new RepeatFinder();
  let done = 0;
  const surveys = inOrder(inTurn, pool.concurrency, ({ path }) => pool.survey({ path, shapes, minChroma }));
  for await (const [candidate, survey] of surveys) {
    signal.throwIfAborted();
    const refusal = 'reason' in survey ? survey : repeats.refuse(candidate, survey);
    if (refusal) options.onRefused(candidate.key, refusal);
    else if (!('reason' in survey)) {
      const { key, path, split } = candidate;
      chosen.push({ key, path, split, size: survey.size });
    }
    options.onProgress(++done);
  }
  return chosen;
}

/** A film's picture that later ones are compared with. */
interface FilmPicture {
  readonly key: string;
  readonly thumbnail: Uint8Array;
}

/**
 * Compares photos with all photos, and a film's picture with the previous one. A training picture of a film is also
 * compared with the film's first validation picture, because the film is divided there.
 */
class RepeatFinder {
  readonly #photos = new DuplicateFinder();
  readonly #lastOfFilm = new Map<string, FilmPicture>();
  readonly #firstToValidate = new Map<string, FilmPicture>();

  refuse({ key, film, split }: Candidate, { hash, thumbnail }: SurveyedPicture): PictureRefusal | undefined {
    const same = film === undefined ? this.#photos.find(hash, key) : this.#sameInFilm(film, split, thumbnail);
    if (same !== undefined) return { reason: 'near-duplicate', detail: `of ${same}` };
    if (film === undefined) return undefined;
    this.#lastOfFilm.set(film, { key, thumbnail });
    if (split === 'validation' && !this.#firstToValidate.has(film))
      this.#firstToValidate.set(film, { key, thumbnail });
    return undefined;
  }

  #sameInFilm(film: string, split: Split, thumbnail: Uint8Array): string | undefined {
    const across = split === 'train' ? this.#firstToValidate.get(film) : undefined;
    return [this.#lastOfFilm.get(film), across].find((one) => one && isUnchanged(one.thumbnail, thumbnail))
      ?.key;
  }
}
