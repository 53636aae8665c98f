import { fingerprintOf } from '../../files/fingerprint.ts';
import type { PartPlan, PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import { inside, locationText } from '../storage/location.ts';
import type { ReelJob } from './reel-job.ts';

/**
 * The id of a job: a checksum of everything that its result depends on. The path of the input is not among them, its
 * content is, and neither is the length of parts. Two jobs with one id make the same film.
 * @param model - name, version and checksums of the model, which a bundled model's name does not say
 */
export function jobIdOf(job: ReelJob, model: unknown): string {
  const { version, input, options, output, files } = job;
  const facts = {
    version,
    content: input.content,
    options: Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))),
    files,
    model,
    output: outputText(job),
    overwrite: output.overwrite ? true : undefined,
  };
  return `film-${fingerprintOf(facts).slice(0, 40)}`;
}

/**
 * The id of a part: the film's id, and a checksum of the plan and the part's frames. Two jobs with one id make the
 * same part.
 */
export function partIdOf(filmId: string, plan: Pick<PartsPlan, 'fingerprint'>, part: PartPlan): string {
  const { firstFrame, frames } = part;
  return `${filmId}-part-${fingerprintOf([plan.fingerprint, firstFrame, frames]).slice(0, 16)}`;
}

/** Where a job's film goes, in words; the same on all machines. */
export function outputText({ output }: Pick<ReelJob, 'output'>): string {
  return locationText(inside(output.folder, output.name));
}

/** The start of an id, which lists show; commands take it, too. */
export function shortId(id: string): string {
  return id.replace(/^film-/, '').slice(0, 8);
}
