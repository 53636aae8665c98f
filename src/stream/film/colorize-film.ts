/**
 * Makes one film from end to end: opens, plans, colours and encodes it in segments, joins them and moves the result
 * to its place.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { decodeArgs } from '../../ingest/film/decode.ts';
import { openInput } from '../../ingest/film/source-input.ts';
import { encodeArgs } from './encode/encode-args.ts';
import { encodeRest } from './encode-rest.ts';
import { announceEffort } from './plan/film-effort.ts';
import { filmFacts } from './plan/film-facts.ts';
import { filmIdentity, type ResultIdentity, type FilmSettings } from './resume/film-fingerprint.ts';
import { isFinished } from './resume/finished-film.ts';
import type { FilmJob } from './film-job.ts';
import { withDefaults, type FilmOptions } from './film-options.ts';
import { decodeOptions, type FilmPlan } from './plan/film-plan.ts';
import { resourcesFor, type CallOptions } from './film-resources.ts';
import { arrowText, filmResult, finishedText, publishResult, type FilmResult } from './film-result.ts';
import { warnOfOwnColor } from './own-color-times.ts';
import { finishFilm } from './finish/finish-film.ts';
import { checkOutputs, examineFilm, settleJob, workingEncoder, type AskedFilm } from './plan/plan-job.ts';
import { Journal } from './resume/journal.ts';
import { openWorkFolder, workPath, type WorkFolder } from './resume/work-folder.ts';

/**
 * Colorizes one film. An interrupted run leaves its segments in `OUTPUT.partial`, and the same call resumes from
 * there.
 * @param input - a film, a folder or pattern of numbered pictures (`frame_%04d.png`), `-` for standard input
 * @param output - .mp4, .mkv, .mov or .webm; `-` for standard output
 * @returns what was done; of a damaged film, the output contains the frames that could be read, and `damage` lists
 *   the others
 * @throws {AppError} its `code` says what happened, its `cure` what to do
 */
export async function colorizeFilm(
  input: string,
  output: string,
  options: FilmOptions & CallOptions = {},
): Promise<FilmResult> {
  await using resources = await resourcesFor(options);
  const asked = await workingEncoder(withDefaults(options), resources);
  await using opened = await openInput(input, { ...asked, signal: resources.signal });
  const job = await planJob({ input, output, options: asked, opened, resources });
  if (job.isFinished) return alreadyFinished(job);
  await resources.colorizer.opened();
  return asked.dryRun === true ? describe(job) : await makeFilm(job);
}

/** Says that there is nothing to do. */
function alreadyFinished(job: FilmJob): FilmResult {
  const { plan, resources } = job;
  const { input, output } = plan;
  resources.reporter.line(`${arrowText(input, output)}: ${finishedText}`, {
    event: 'skipped',
    input,
    output,
  });
  return filmResult(job, { frames: 0, resumedFrames: 0, report: {}, alreadyFinished: true });
}

/** Examines the film, makes the plan, and tells the user what matters before the work starts. */
async function planJob(asked: AskedFilm): Promise<FilmJob> {
  const film = await examineFilm(asked);
  const { plan, opened, settings } = film;
  const { signal } = asked.resources;
  if (await isFinished(plan, settings, opened, signal))
    return { ...film, identity: unknownIdentity(settings), carry: [], isFinished: true };
  await checkOutputs(plan, opened);
  const isDry = plan.options.dryRun === true;
  return settleJob(film, isDry ? unknownIdentity(settings) : await filmIdentity(settings, opened, signal));
}

/** For a film that is not made, so its source is not read for a checksum. */
function unknownIdentity({ settings, older }: FilmSettings): ResultIdentity {
  return { fingerprint: '', settings, older };
}

/** Makes the film, starting where an earlier run stopped. */
async function makeFilm(job: FilmJob): Promise<FilmResult> {
  const { plan, resources } = job;
  const { fingerprint, settings, older } = job.identity;
  await announceEffort(filmFacts(job), resources.reporter);
  await using work = await openWork(plan);
  await using journal = await Journal.open(work, fingerprint, settings, {
    fresh: plan.options.fresh === true,
    older,
  });
  const resumedFrames = journal.frames;
  const { report } = await encodeRest(job, journal);
  warnOfOwnColor(job);
  await finishFilm(job, journal, report);
  const result = filmResult(job, { frames: journal.frames, resumedFrames, report });
  await work.remove();
  await publishResult(job, result);
  return result;
}

/** Prints what would be done. */
function describe(job: FilmJob): FilmResult {
  const { plan, opened, carry, resources, stats } = job;
  const described = {
    event: 'plan',
    input: plan.input,
    output: plan.output,
    container: plan.container,
    size: plan.layout,
    networkSize: plan.smallSize,
    encoder: plan.encoder.args,
    frameRate: plan.source.video.averageFrameRate,
    decode: ['ffmpeg', ...decodeArgs({ input: opened, source: plan.source }, decodeOptions(plan))],
    encode: ['ffmpeg', ...encodeArgs(plan.encode, plan.layout, 'segment-00000.nut')],
    streams: carry.map(({ stream, action }) => `${stream.title}: ${action}`),
    warnings: stats.warnings,
  };
  resources.reporter.line(JSON.stringify(described, undefined, 2), described);
  return filmResult(job, { frames: 0, resumedFrames: 0, report: {} });
}

/**
 * Opens the folder for a film's unfinished work. It is next to the output, where the next run finds it. A run to
 * standard output cannot resume, so its folder is temporary.
 */
async function openWork({ output }: FilmPlan): Promise<WorkFolder> {
  if (output !== '-') return openWorkFolder(workPath(output), basename(output));
  const path = await mkdtemp(join(tmpdir(), 'chromafeed-stdout-'));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
