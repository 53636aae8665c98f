/**
 * Makes one film from end to end: opens, plans, colours and encodes it in segments, joins them and moves the result
 * to its place.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkReplacing, prepareFolders } from '../../files/check-output.ts';
import { ffmpegVersion, type FfmpegVersion } from '../../ingest/ffmpeg/capabilities.ts';
import { decodeArgs, type DecodeReport } from '../../ingest/film/decode.ts';
import { withTimeline } from '../../ingest/film/film-clock.ts';
import { withLateStreams } from '../../ingest/film/late-streams.ts';
import { probe } from '../../ingest/film/probe.ts';
import { openInput, type SourceInput } from '../../ingest/film/source-input.ts';
import { sheetFormat } from './finish/contact-sheet.ts';
import { encodeArgs } from './encode/encode-args.ts';
import { encodeFilm } from './encode-film.ts';
import { announceEffort } from './film-effort.ts';
import { filmFacts } from './film-facts.ts';
import { filmFingerprint } from './resume/film-fingerprint.ts';
import { findRect } from './find-rect.ts';
import { isFinished } from './resume/finished-film.ts';
import type { FilmJob } from './film-job.ts';
import { withDefaults, type CompleteFilmOptions, type FilmOptions } from './film-options.ts';
import { decodeOptions, planFilm, type FilmPlan } from './film-plan.ts';
import { resourcesFor, type CallOptions, type FilmResources } from './film-resources.ts';
import {
  arrowText,
  doneLine,
  filmResult,
  finishedText,
  writeReport,
  type FilmResult,
} from './film-result.ts';
import { FilmStats } from './film-stats.ts';
import { describeOwnColor } from './own-color-times.ts';
import { planStreams } from './finish/film-streams.ts';
import { finishFilm } from './finish/finish-film.ts';
import { Journal } from './resume/journal.ts';
import { encoderName } from './encode/encoders.ts';
import { checkEncoder, fallbackFor } from './encode/trial-encode.ts';
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

/** Replaces an encoder that needs a device which is missing. */
async function workingEncoder(
  options: CompleteFilmOptions,
  { reporter, signal }: FilmResources,
): Promise<CompleteFilmOptions> {
  if (options.codec === undefined) return options;
  const codec = encoderName(options.codec);
  const fallback = await fallbackFor(codec, signal);
  if (!fallback) return { ...options, codec };
  reporter.warn(`--codec ${codec} does not work here (${fallback.reason}): ${fallback.codec} instead`);
  // A preset is the encoder's own: the other one would not know it.
  return { ...options, codec: fallback.codec, preset: undefined };
}

/** Examines the film, makes the plan, and tells the user what matters before the work starts. */
async function planJob(asked: {
  readonly input: string;
  readonly output: string;
  readonly options: CompleteFilmOptions;
  readonly opened: SourceInput;
  readonly resources: FilmResources;
}): Promise<FilmJob> {
  const { input, output, options, resources } = asked;
  const { signal, colorizer } = resources;
  const stats = new FilmStats(resources);
  const warn = (text: string): void => stats.warn(text);
  const [examined, ffmpeg] = await Promise.all([probe(asked.opened, signal), ffmpegVersion()]);
  const film = { input: asked.opened, source: examined };
  const { input: opened, source: probed } = await withLateStreams(film, signal);
  const source = await withTimeline(opened, probed, signal);
  const plan = planFilm({ input, output, options, source, stride: colorizer.stride });
  const identity = await filmFingerprint({ plan, opened, colorizer, ffmpegVersion: ffmpeg.text });
  const known = { plan, opened, identity, ffmpeg, resources, stats };
  if (await isFinished(plan, identity.fingerprint, signal)) return { ...known, carry: [], isFinished: true };
  await checkOutputs(plan, opened);
  const [carry, found] = await Promise.all([
    planStreams(opened, plan, warn, signal),
    findRect(plan, opened, resources, { color: options.recolor === true }),
    checkEncoder(plan.encoder.codec),
  ]);
  if (losesRotation(plan, ffmpeg)) {
    const { mirror } = source.video;
    const [what, how] = mirror === undefined ? ['rotation', 'unturned'] : ['mirroring', 'as it is stored'];
    warn(
      `ffmpeg ${ffmpeg.text} writes no ${what} into ${plan.container}: players will show the picture ${how}`,
    );
  }
  if (found.hasColor) warn(`${opened.name} is already in colour: the network's colour replaces it`);
  for (const notice of [...plan.notices, ...colorizer.notices]) warn(notice);
  return { ...known, plan: found.plan, carry, isFinished: false };
}

/** Refuses outputs that cannot be written or would replace something, before hours of work. */
async function checkOutputs({ output, options }: FilmPlan, opened: SourceInput): Promise<void> {
  await checkReplacing({
    inputs: opened.isSpooled ? [] : opened.files,
    outputs: { '-o': output, '--contact-sheet': options.contactSheet, '--report': options.report },
    overwrite: options.overwrite,
  });
  if (options.contactSheet !== undefined) sheetFormat(options.contactSheet);
  if (options.dryRun !== true) await prepareFolders(output, options.contactSheet, options.report);
}

function losesRotation({ source, container }: FilmPlan, { major }: FfmpegVersion): boolean {
  const isMatroska = container === 'mkv' || container === 'webm';
  const { rotationDegrees, mirror } = source.video;
  return (rotationDegrees !== 0 || mirror !== undefined) && isMatroska && major < 6;
}

/** Makes the film, starting where an earlier run stopped. */
async function makeFilm(job: FilmJob): Promise<FilmResult> {
  const { plan, opened, resources } = job;
  const { fingerprint, settings } = job.identity;
  await announceEffort(filmFacts(job), resources.reporter);
  await using work = await openWork(plan);
  await using journal = await Journal.open(work, fingerprint, settings, {
    fresh: plan.options.fresh === true,
  });
  const resumedFrames = journal.frames;
  const report = await encodeRest(job, journal);
  const own = describeOwnColor(job.stats.scenes);
  if (own !== undefined) job.stats.warn(`${opened.name}: ${own} (--recolor replaces it)`);
  await finishFilm(job, journal, report);
  const result = filmResult(job, { frames: journal.frames, resumedFrames, report });
  await work.remove();
  await publish(job, result);
  return result;
}

/** Adds all frames to the journal, after those of an earlier run. */
async function encodeRest(job: FilmJob, journal: Journal): Promise<DecodeReport> {
  const { stats } = job;
  const checkpoint = await journal.lastCheckpoint();
  if (journal.frames > 0) stats.warn(`resuming after frame ${journal.frames}, from ${journal.folder}`);
  const conclusion = await journal.conclusion();
  if (conclusion !== undefined) {
    stats.scenes.push(...conclusion.scenes);
    return conclusion.report;
  }
  return encodeFilm(job, journal, checkpoint);
}

/** Warns the user, and adds the text to the report. */
async function publish({ plan, resources }: FilmJob, result: FilmResult): Promise<void> {
  const paths = { input: plan.input, output: plan.output };
  if (plan.options.report !== undefined) await writeReport(plan.options.report, { ...paths, ...result });
  resources.reporter.line(doneLine(plan, result), { event: 'done', ...paths, ...result });
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
