/** Runs one input of the command line: a film or a picture. */
import { checkReplacing } from '../../files/check-output.ts';
import { AppError, exitCodes } from '../../errors.ts';
import { countText } from '../../log/count-text.ts';
import type { Reporter } from '../../log/reporter.ts';
import { colorizeFilm } from '../../stream/film/colorize-film.ts';
import type { FilmResources } from '../../stream/film/film-resources.ts';
import { arrowText, finishedText, type FilmResult } from '../../stream/film/film-result.ts';
import { previewFilm } from '../../stream/film/preview.ts';
import { colorizeImage } from '../../stream/film/still/colorize-image.ts';
import { isPicturePath, isWritablePicture } from '../../stream/film/still/image-format.ts';
import type { FileOptions } from './file-options.ts';
import type { FileJob } from './outputs.ts';

/** The result of one input. */
export interface Outcome {
  readonly input: string;
  /** undefined if it failed */
  readonly output: string | undefined;
  readonly exitCode: number;
  /** Whether an earlier run had finished it. */
  readonly isSkipped: boolean;
  readonly text: string;
}

/**
 * Colorizes one input.
 * @param isOneOfMany - whether there are other inputs: its error is then only printed, so that the next one can run
 * @throws {AppError} if it is the only input, or if the run was stopped
 */
export async function runJob(
  job: FileJob,
  isOneOfMany: boolean,
  options: FileOptions,
  resources: FilmResources,
): Promise<Outcome> {
  const { input } = job;
  const { reporter, signal } = resources;
  try {
    if (isPreview(job)) return await runPreview(job, options, resources);
    return isStill(job) ? await runPicture(job, options, resources) : await runFilm(job, options, resources);
  } catch (error) {
    if (!isOneOfMany || signal.aborted) throw error;
    if (!(error instanceof AppError)) throw error;
    const named = error.message.startsWith(input) ? error.message : `${input}: ${error.message}`;
    reporter.warn(`${named}${error.cure === undefined ? '' : `; ${error.cure}`}`);
    return {
      input,
      output: undefined,
      exitCode: error.exitCode,
      isSkipped: false,
      text: `${error.code}: ${error.message}`,
    };
  } finally {
    reporter.endProgress(); // a bar that is still running would keep the process alive
  }
}

/** An animated GIF is a film, unless the output is a picture. */
function isStill({ input, output }: FileJob): boolean {
  return isPicturePath(input) || (/\.gif$/i.test(input) && isWritablePicture(output));
}

/** If the output of a film is a picture, it is one frame of the film. */
function isPreview(job: FileJob): boolean {
  return !isStill(job) && isWritablePicture(job.output);
}

async function runPreview(
  { input, output }: FileJob,
  options: FileOptions,
  resources: FilmResources,
): Promise<Outcome> {
  const { reporter } = resources;
  if (options.dryRun === true) return planned({ input, output }, ': one frame', reporter);
  const { atS, isOwn } = await previewFilm(input, output, { ...options, resources });
  const text = `the frame at ${atS.toFixed(2)} s${isOwn ? ', in its own colour' : ''}`;
  reporter.line(`${arrowText(input, output)}: ${text}`, {
    event: 'done',
    input,
    output,
    atS,
    isOwn,
  });
  return { input, output, exitCode: exitCodes.ok, isSkipped: false, text };
}

async function runFilm(job: FileJob, options: FileOptions, resources: FilmResources): Promise<Outcome> {
  const { input, output, contactSheet, report } = job;
  const asked = { ...options, contactSheet, report, skipFinished: true, resources };
  const result = await colorizeFilm(input, output, asked);
  return { input, output, isSkipped: result.alreadyFinished, ...summary(result) };
}

async function runPicture(
  { input, output }: FileJob,
  options: FileOptions,
  resources: FilmResources,
): Promise<Outcome> {
  const { reporter } = resources;
  const done = { input, output, exitCode: exitCodes.ok };
  if (options.dryRun === true) {
    await checkReplacing({ inputs: [input], outputs: { '-o': output }, overwrite: options.overwrite });
    return planned({ input, output }, '', reporter);
  }
  const asked = { ...options, output, skipFinished: true, resources };
  const { hadColor, notices, pages, alreadyFinished } = await colorizeImage(input, asked);
  for (const notice of notices) reporter.warn(notice);
  if (alreadyFinished) {
    reporter.line(`${arrowText(input, output)}: ${finishedText}`, {
      event: 'skipped',
      input,
      output,
    });
    return { ...done, isSkipped: true, text: finishedText };
  }
  if (hadColor) reporter.warn(`${input} has colour already: it is replaced by the network's`);
  reporter.line(arrowText(input, output), { event: 'done', input, output });
  return {
    ...done,
    isSkipped: false,
    text: pages > 1 ? `colorized, ${countText(pages, 'picture')}` : 'colorized',
  };
}

/** Says what would be done, for a dry run. */
function planned(
  { input, output }: Pick<FileJob, 'input' | 'output'>,
  detail: string,
  reporter: Reporter,
): Outcome {
  reporter.line(`${arrowText(input, output)}${detail}`, { event: 'plan', input, output });
  return { input, output, exitCode: exitCodes.ok, isSkipped: false, text: 'planned' };
}

function summary(result: FilmResult): { exitCode: number; text: string } {
  if (result.alreadyFinished) return { exitCode: exitCodes.ok, text: finishedText };
  if (result.dryRun) return { exitCode: exitCodes.ok, text: 'planned' };
  const text = `${countText(result.frames, 'frame')}, ${countText(result.scenes.length, 'scene')}, ${result.fps.toFixed(1)} fps`;
  if (!result.damage) return { exitCode: exitCodes.ok, text };
  return { exitCode: exitCodes.damaged, text: `${text}; damaged: ${result.damage}` };
}
