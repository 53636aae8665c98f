/** Joins the parts of a film. */
import { extname, join } from 'node:path';
import { isThere } from '../../../files/is-there.ts';
import { AppError } from '../../../errors.ts';
import type { Damage, DecodeReport } from '../../../ingest/film/decode.ts';
import type { FilmJob } from '../film-job.ts';
import type { CallOptions } from '../film-resources.ts';
import { filmResult, publishResult, type FilmResult } from '../film-result.ts';
import { planStreams } from '../finish/film-streams.ts';
import { finishFilm } from '../finish/finish-film.ts';
import type { FinishedSegments } from '../finish/finished-segments.ts';
import { warnOfOwnColor } from '../own-color-times.ts';
import { checkOutputs } from '../plan/plan-job.ts';
import type { SegmentRecord } from '../resume/journal.ts';
import type { SceneRecord } from '../resume/resume-point.ts';
import { openWorkFolder, workPath, type WorkFolder } from '../resume/work-folder.ts';
import { checkPart, type FinishedPart } from './part-files.ts';
import { withPartsJob, type PartsJob } from './parts-job.ts';
import type { PartsPlan } from './parts-plan.ts';

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
export async function joinParts(
  job: PartsJob,
  folders: readonly string[],
  output: string,
  call: CallOptions = {},
): Promise<FilmResult> {
  const { plan: shared } = job;
  checkRequest(shared, folders, output);
  const parts: FinishedPart[] = [];
  for (const [number, folder] of folders.entries()) parts.push(await checkPart(shared, number, folder));
  return withPartsJob(job, call, async (film) => {
    const plan = { ...film.plan, output };
    await checkOutputs(plan, film.opened);
    const { stats, opened, resources } = film;
    const warn = (text: string): void => stats.warn(text);
    const carry = await planStreams(opened, plan, warn, resources.signal);
    for (const notice of new Set(parts.flatMap(({ notices }) => notices))) warn(notice);
    stats.scenes.push(...scenesOf(parts));
    warnOfOwnColor(film);
    return finish({ ...film, plan, carry }, parts, folders);
  });
}

function checkRequest(plan: PartsPlan, folders: readonly string[], output: string): void {
  if (folders.length !== plan.parts.length)
    throw new AppError('USAGE', `${output}: expected ${plan.parts.length} parts but got ${folders.length}`, {
      cure: 'name the folder of each part, in the order of the plan',
    });
  const [wanted, got] = [extname(plan.outputName), extname(output)];
  if (wanted.toLowerCase() !== got.toLowerCase())
    throw new AppError('USAGE', `${output}: expected a name with ${wanted} but got "${got}"`, {
      cure: 'the plan has chosen the container: name the output accordingly',
    });
}

async function finish(
  job: FilmJob,
  parts: readonly FinishedPart[],
  folders: readonly string[],
): Promise<FilmResult> {
  await using work = await openWorkFolder(workPath(job.plan.output));
  await refuseOtherWork(work);
  const report: DecodeReport = { damage: damageOf(parts), lastFrameS: parts.at(-1)?.lastFrameS };
  const segments = segmentsOf(work, parts, folders);
  await finishFilm(job, segments, report);
  const result = filmResult(job, { frames: segments.frames, resumedFrames: segments.frames, report });
  await work.remove();
  await publishResult(job, result);
  return result;
}

/** A run of `chromafeed file` for the same output may have been stopped: its work is not ours. */
async function refuseOtherWork({ path }: WorkFolder): Promise<void> {
  if (!(await isThere(join(path, 'journal.jsonl')))) return;
  throw new AppError('OUTPUT_EXISTS', `${path} holds the unfinished work of another run`, {
    cure: 'finish or delete that work, or name another output',
  });
}

function segmentsOf(
  { path: folder }: WorkFolder,
  parts: readonly FinishedPart[],
  folders: readonly string[],
): FinishedSegments {
  const paths = parts.flatMap(({ segments }, part) =>
    segments.map(({ file }) => join(folders[part] ?? '', file)),
  );
  let firstFrame = 0;
  const segments = parts
    .flatMap((part) => part.segments)
    .map((segment, number): SegmentRecord => {
      const record: SegmentRecord = { type: 'segment', number, firstFrame, ...segment };
      firstFrame += segment.frames;
      return record;
    });
  return {
    folder,
    segments,
    frames: firstFrame,
    fieldOrders: [...new Set(segments.map(({ fields }) => fields))],
    segmentPath: (number) => paths[number] ?? '',
  };
}

/** The scenes of all parts, numbered through. */
function scenesOf(parts: readonly FinishedPart[]): SceneRecord[] {
  return parts.flatMap(({ scenes }) => scenes).map((scene, number) => ({ ...scene, number }));
}

/** The damage of the whole film: whether it ends early, or the time of the first fault, and the number of all faults. */
function damageOf(parts: readonly FinishedPart[]): Damage | undefined {
  const found = parts.flatMap(({ damage }) => damage ?? []);
  const [first] = found;
  if (first === undefined) return undefined;
  const count = found.reduce((sum, damage) => sum + damage.count, 0);
  const end = found.find(({ kind }) => kind === 'ends early');
  return { ...(end ?? first), count };
}
