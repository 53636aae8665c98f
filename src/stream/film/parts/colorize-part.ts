/** Makes one part of a film. */
import { AppError } from '../../../errors.ts';
import type { FilmOptions } from '../film-options.ts';
import type { CallOptions } from '../film-resources.ts';
import type { FinishedPart } from './part-files.ts';
import type { PartsPlan } from './parts-plan.ts';

/** A film that is made in parts, on this machine. */
export interface PartsJob {
  /** The film on this machine: the same contents as when it was planned, at any path. */
  readonly input: string;
  readonly plan: PartsPlan;
  /** What belongs to this machine or to this run, and does not change the picture. */
  readonly local?:
    | Pick<FilmOptions, 'model' | 'embedding' | 'hwaccel' | 'overwrite' | 'contactSheet' | 'report'>
    | undefined;
}

/**
 * Colours and encodes one part. The work is in `FOLDER.partial` (segments and their journal) until it is checked; then a
 * rename makes it `FOLDER`. If the call is stopped or the process is killed, the same call resumes from the journal,
 * on any machine that has `FOLDER.partial`. If `FOLDER` already is this part, and its checksums match, it is returned
 * and nothing is done. A part that is made twice has the same bytes.
 * @param number - of the part in the plan
 * @param folder - of the finished part; its parent folders are made
 * @returns the content of `FOLDER/part.json`
 * @throws {AppError} PLAN_MISMATCH when this machine or this input would give other pictures than those of the plan;
 *   OUTPUT_EXISTS when the folder holds something else or another process works in it; as `colorizeFilm`
 */
export function colorizePart(
  job: PartsJob,
  number: number,
  folder: string,
  call: CallOptions = {},
): Promise<FinishedPart> {
  return Promise.reject(new AppError('USAGE', `${job.input} ${number} ${folder} ${String(call.signal)}`));
}

/**
 * Checks a finished part: that it belongs to the plan, is complete, and that every file has its size and checksum.
 * @returns the content of `FOLDER/part.json`
 * @throws {AppError} PART_INVALID, with what differs; PLAN_MISMATCH when the part belongs to another plan
 */
export function checkPart(plan: PartsPlan, number: number, folder: string): Promise<FinishedPart> {
  return Promise.reject(new AppError('USAGE', `${plan.outputName} ${number} ${folder}`));
}
