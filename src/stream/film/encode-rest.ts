import { encodeFilm } from './encode-film.ts';
import type { FilmJob } from './film-job.ts';
import type { Conclusion } from './resume/checkpoint-file.ts';
import type { Journal } from './resume/journal.ts';

/**
 * Adds all frames to the journal, after those of an earlier run.
 * @param maySeek - false: the film is decoded from its start
 * @throws {AppError} as `encodeFilm`
 */
export async function encodeRest(job: FilmJob, journal: Journal, maySeek = true): Promise<Conclusion> {
  const { stats } = job;
  const checkpoint = await journal.lastCheckpoint();
  if (journal.frames > 0) stats.warn(`resuming after frame ${journal.frames}, from ${journal.folder}`);
  const conclusion = await journal.conclusion();
  if (conclusion !== undefined) {
    stats.scenes.push(...conclusion.scenes);
    return conclusion;
  }
  return encodeFilm(job, journal, checkpoint, maySeek);
}
