import { AppError } from '../errors.ts';
import type { FarmEngine, JobView } from './engine/engine.ts';

/**
 * Finds jobs by the ids that a user wrote.
 * @param asked - ids, or their first characters as lists show them
 * @throws {AppError} USAGE if an id means no job, or several
 */
export async function findJobs(queue: FarmEngine, asked: readonly string[]): Promise<JobView[]> {
  const all = (await queue.list(['active', 'waiting', 'failed', 'finished'])).filter(
    ({ parent }) => parent === undefined,
  );
  return asked.map((text) => {
    const start = text.startsWith('film-') ? text : `film-${text}`;
    const [job, other] = all.filter(({ id }) => id.startsWith(start));
    if (job !== undefined && other === undefined) return job;
    const what = job === undefined ? 'no film' : 'several films';
    throw new AppError('USAGE', `${text}: expected the id of a film on the queue but got that of ${what}`, {
      cure: 'chromafeed queue lists the films with their ids',
    });
  });
}
