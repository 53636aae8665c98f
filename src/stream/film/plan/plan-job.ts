/** Examines a film and decides everything about it before its frames are read. */
import { checkReplacing, prepareFolders } from '../../../files/check-output.ts';
import { ffmpegVersion, type FfmpegVersion } from '../../../ingest/ffmpeg/capabilities.ts';
import { withTimeline } from '../../../ingest/film/film-clock.ts';
import { withLateStreams } from '../../../ingest/film/late-streams.ts';
import { probe } from '../../../ingest/film/probe.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';
import { encoderName } from '../encode/encoders.ts';
import { checkEncoder, fallbackFor } from '../encode/trial-encode.ts';
import type { FilmJob } from '../film-job.ts';
import type { CompleteFilmOptions } from '../film-options.ts';
import { planFilm, type FilmPlan } from './film-plan.ts';
import type { FilmResources } from '../film-resources.ts';
import { FilmStats } from '../film-stats.ts';
import { findRect } from './find-rect.ts';
import { sheetFormat } from '../finish/contact-sheet.ts';
import { planStreams } from '../finish/film-streams.ts';
import { filmSettings, type ResultIdentity, type FilmSettings } from '../resume/film-fingerprint.ts';

/** What is asked for. */
export interface AskedFilm {
  readonly input: string;
  readonly output: string;
  readonly options: CompleteFilmOptions;
  readonly opened: SourceInput;
  readonly resources: FilmResources;
}

/** A film that was examined. The plan's `rect` is the whole picture. */
export interface ExaminedFilm extends Pick<FilmJob, 'plan' | 'opened' | 'ffmpeg' | 'resources' | 'stats'> {
  readonly settings: FilmSettings;
}

/** Replaces an encoder that needs a device which is missing. */
export async function workingEncoder(
  options: CompleteFilmOptions,
  { reporter, signal }: Pick<FilmResources, 'reporter' | 'signal'>,
): Promise<CompleteFilmOptions> {
  if (options.codec === undefined) return options;
  const codec = encoderName(options.codec);
  const fallback = await fallbackFor(codec, signal);
  if (!fallback) return { ...options, codec };
  reporter.warn(`--codec ${codec} does not work here (${fallback.reason}): ${fallback.codec} instead`);
  // A preset is the encoder's own: the other one would not know it.
  return { ...options, codec: fallback.codec, preset: undefined };
}

/** Probes the film and plans it. */
export async function examineFilm({
  input,
  output,
  options,
  opened: asked,
  resources,
}: AskedFilm): Promise<ExaminedFilm> {
  const { signal, colorizer } = resources;
  const [examined, ffmpeg] = await Promise.all([probe(asked, signal), ffmpegVersion()]);
  const film = { input: asked, source: examined };
  const { input: opened, source: probed } = await withLateStreams(film, signal);
  const source = await withTimeline(opened, probed, signal);
  const plan = planFilm({ input, output, options, source, stride: colorizer.stride });
  const settings = await filmSettings({ plan, opened, colorizer, ffmpegVersion: ffmpeg.text });
  return { plan, opened, ffmpeg, resources, stats: new FilmStats(resources), settings };
}

/** Refuses outputs that cannot be written or would replace something, before hours of work. */
export async function checkOutputs({ output, options }: FilmPlan, opened: SourceInput): Promise<void> {
  await checkReplacing({
    inputs: opened.isSpooled ? [] : opened.files,
    outputs: { '-o': output, '--contact-sheet': options.contactSheet, '--report': options.report },
    overwrite: options.overwrite,
  });
  if (options.contactSheet !== undefined) sheetFormat(options.contactSheet);
  if (options.dryRun !== true) await prepareFolders(output, options.contactSheet, options.report);
}

/** Decides what happens to the other streams, and finds the picture inside black bars. Warns of what matters. */
export async function settleJob(
  { plan, opened, ffmpeg, resources, stats }: ExaminedFilm,
  identity: ResultIdentity,
): Promise<FilmJob> {
  const { signal, colorizer } = resources;
  const warn = (text: string): void => stats.warn(text);
  const [carry, found] = await Promise.all([
    planStreams(opened, plan, warn, signal),
    findRect(plan, opened, resources, { color: plan.options.recolor === true }),
    checkEncoder(plan.encoder.codec),
  ]);
  warnOfRotation(plan, ffmpeg, warn);
  if (found.hasColor) warn(`${opened.name} is already in colour: the network's colour replaces it`);
  for (const notice of [...plan.notices, ...colorizer.notices]) warn(notice);
  return { plan: found.plan, opened, identity, ffmpeg, carry, isFinished: false, resources, stats };
}

function warnOfRotation(
  { source, container }: FilmPlan,
  { major, text }: FfmpegVersion,
  warn: (text: string) => void,
): void {
  const isMatroska = container === 'mkv' || container === 'webm';
  const { rotationDegrees, mirror } = source.video;
  if ((rotationDegrees === 0 && mirror === undefined) || !isMatroska || major >= 6) return;
  const [what, how] = mirror === undefined ? ['rotation', 'unturned'] : ['mirroring', 'as it is stored'];
  warn(`ffmpeg ${text} writes no ${what} into ${container}: players will show the picture ${how}`);
}
