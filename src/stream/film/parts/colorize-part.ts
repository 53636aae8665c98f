/** Makes one part of a film. */
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../errors.ts';
import { fingerprintOf } from '../../../files/fingerprint.ts';
import { isThere } from '../../../files/is-there.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import { syncPath } from '../../../files/sync-path.ts';
import { encodeRest } from '../encode-rest.ts';
import { checkEncoder } from '../encode/trial-encode.ts';
import type { FilmJob } from '../film-job.ts';
import { OtherFrames } from '../film-range.ts';
import type { CallOptions } from '../film-resources.ts';
import type { Conclusion } from '../resume/checkpoint-file.ts';
import { Journal } from '../resume/journal.ts';
import { isOwnFile, openWorkFolder, type WorkFolder } from '../resume/work-folder.ts';
import { checkPart, partFileName, type FinishedPart } from './part-files.ts';
import { withPartsJob, type PartsJob } from './parts-job.ts';
import type { PartPlan, PartsPlan } from './parts-plan.ts';

/**
 * Colours and encodes one part. The work is in `FOLDER.partial` (segments and their journal) until it is checked; then a
 * rename makes it `FOLDER`. If the call is stopped or the process is killed, the same call resumes from the journal,
 * on any machine that has `FOLDER.partial`. If `FOLDER` already is this part, and its checksums match, it is returned
 * and nothing is done. A part that is made twice has the same bytes.
 * @param number - of the part in the plan
 * @param folder - of the finished part; its parent folders are made
 * @returns the content of `FOLDER/part.json`
 * @throws {AppError} PLAN_MISMATCH when this machine or this input would give other pictures than those of the plan;
 *   PART_INVALID when `FOLDER` exists and is damaged; OUTPUT_EXISTS when another process works on it, or
 *   `FOLDER.partial` holds something else; as `colorizeFilm`
 */
export async function colorizePart(
  job: PartsJob,
  number: number,
  folder: string,
  call: CallOptions = {},
): Promise<FinishedPart> {
  const { plan } = job;
  const part = plan.parts[number];
  if (part === undefined)
    throw new AppError(
      'USAGE',
      `${plan.outputName}: expected a part from 0 to ${plan.parts.length - 1} but got ${number}`,
      {
        cure: 'take the number from the plan',
      },
    );
  if (await isThere(folder)) return tidied(folder, await checkPart(plan, number, folder));
  return withPartsJob(job, call, async (film) => {
    await checkEncoder(film.plan.encoder.codec);
    await film.resources.colorizer.opened();
    const ranged = { ...film, range: { ...part, start: part.start, isLast: part === plan.parts.at(-1) } };
    await using work = await openWorkFolder(`${folder}.partial`);
    const found = await makeSegments(ranged, plan, work);
    await replaceFile(join(work.path, partFileName), `${JSON.stringify(recordOf(part, plan, found))}\n`);
    await checkPart(plan, number, work.path);
    return await tidied(folder, await putInPlace(plan, number, work, folder));
  });
}

interface Made {
  readonly segments: Journal['segments'];
  readonly conclusion: Conclusion;
}

/** Makes the segments. If seeking leads to other frames than those of the plan, the film is decoded from its start. */
async function makeSegments(film: FilmJob, plan: PartsPlan, work: WorkFolder): Promise<Made> {
  try {
    return await encodePart(film, plan, work, { fresh: false });
  } catch (error) {
    if (!(error instanceof OtherFrames)) throw error;
    film.stats.warn(
      `${film.opened.name}: seeking does not give the same frames, so it is decoded from its start`,
    );
  }
  return encodePart(film, plan, work, { fresh: true }).catch((error: unknown) => {
    throw error instanceof OtherFrames ? otherFilm(film, plan, error) : error;
  });
}

async function encodePart(
  film: FilmJob,
  plan: PartsPlan,
  work: WorkFolder,
  { fresh }: { readonly fresh: boolean },
): Promise<Made> {
  const firstFrame = film.range?.firstFrame ?? 0;
  const fingerprint = fingerprintOf([plan.fingerprint, firstFrame]);
  await using journal = await Journal.open(work, fingerprint, { ...plan.settings, firstFrame }, { fresh });
  const conclusion = await encodeRest(film, journal, !fresh);
  return { segments: journal.segments, conclusion };
}

function otherFilm(film: FilmJob, plan: PartsPlan, cause: OtherFrames): AppError {
  return new AppError('PLAN_MISMATCH', `${film.plan.input}: part of ${plan.outputName}: ${cause.message}`, {
    cure: 'this machine decodes other frames than the one that made the plan: use the same ffmpeg and --hwaccel',
    cause,
  });
}

function recordOf(
  { number, frames }: PartPlan,
  plan: PartsPlan,
  { segments, conclusion }: Made,
): FinishedPart {
  const { report, scenes, notices } = conclusion;
  return {
    version: 1,
    fingerprint: plan.fingerprint,
    number,
    frames,
    segments: segments.map(({ file, frames, firstPts, lastPts, fields = 'progressive', bytes, sha256 }) => ({
      file,
      frames,
      firstPts,
      lastPts,
      fields,
      bytes,
      sha256,
    })),
    scenes: [...scenes],
    damage: report.damage,
    lastFrameS: report.lastFrameS,
    notices: [...notices],
  };
}

/** Gives the finished part its name. If another process has made it in the meantime, that one is kept. */
async function putInPlace(
  plan: PartsPlan,
  number: number,
  work: WorkFolder,
  folder: string,
): Promise<FinishedPart> {
  await syncPath(work.path);
  try {
    await rename(work.path, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await work.remove();
  }
  await syncPath(dirname(folder));
  return checkPart(plan, number, folder);
}

/** Deletes what only unfinished work needs. */
async function tidied(folder: string, part: FinishedPart): Promise<FinishedPart> {
  const kept = new Set([partFileName, ...part.segments.map(({ file }) => file)]);
  for (const name of await readdir(folder))
    if (!kept.has(name) && isOwnFile(basename(name))) await rm(join(folder, name), { force: true });
  return part;
}
