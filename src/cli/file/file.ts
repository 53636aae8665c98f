import { AppError, exitCodes } from '../../errors.ts';
import { colorizeFilm } from '../../stream/film/colorize-film.ts';
import { filmDefaults } from '../../stream/film/film-options.ts';
import { openFilmResources, type FilmResources } from '../../stream/film/film-resources.ts';
import type { FilmResult } from '../../stream/film/film-result.ts';
import { colorizeImage } from '../../stream/film/still/colorize-image.ts';
import { isPicturePath } from '../../stream/film/still/image-format.ts';
import { checkReplacing } from '../../files/check-output.ts';
import { checkNetworkSize } from '../options/check-network-size.ts';
import { makeReporter } from '../reporting/reporter.ts';
import type { FileOptions } from './file-options.ts';
import { expandInputs } from './inputs.ts';
import { planOutputs, type FileJob } from './outputs.ts';

/** What became of one input. */
interface Outcome {
  readonly input: string;
  readonly output: string | undefined;
  readonly exitCode: number;
  readonly text: string;
}

/** Colorizes every input, one after the other; a bad one does not keep the next from its turn. */
export async function runFile(
  inputs: readonly string[],
  options: FileOptions,
  signal: AbortSignal,
): Promise<number> {
  checkNetworkSize(options.size ?? filmDefaults.size);
  const jobs = planOutputs(inputs, await expandInputs(inputs), options);
  const reporter = makeReporter(options);
  await using resources = await openFilmResources({ ...options, reporter, signal });
  const outcomes: Outcome[] = [];
  for (const job of jobs) {
    signal.throwIfAborted();
    outcomes.push(await runOne(job, jobs.length > 1, options, resources));
  }
  if (jobs.length === 1) return outcomes[0]?.exitCode ?? exitCodes.ok;
  reporter.table(outcomes.map(({ input, output, text }) => [input, output ?? '-', text]));
  const failed = outcomes.filter((outcome) => outcome.exitCode !== exitCodes.ok);
  return failed.length === 0 ? exitCodes.ok : exitCodes.failure;
}

async function runOne(
  job: FileJob,
  isOneOfMany: boolean,
  options: FileOptions,
  resources: FilmResources,
): Promise<Outcome> {
  const { input, output } = job;
  const { reporter, signal } = resources;
  try {
    if (isPicturePath(input)) return { input, output, ...(await colorizePicture(job, options, resources)) };
    return { input, output, ...summary(await colorizeFilm(input, output, { ...options, resources })) };
  } catch (error) {
    if (!isOneOfMany || signal.aborted) throw error;
    if (!(error instanceof AppError)) throw error;
    reporter.warn(`${input}: ${error.message}${error.cure === undefined ? '' : `; ${error.cure}`}`);
    return { input, output: undefined, exitCode: error.exitCode, text: `${error.code}: ${error.message}` };
  } finally {
    reporter.endProgress(); // a bar that is left would keep the process alive
  }
}

async function colorizePicture(
  { input, output }: FileJob,
  options: FileOptions,
  resources: FilmResources,
): Promise<Pick<Outcome, 'exitCode' | 'text'>> {
  const { reporter } = resources;
  if (options.dryRun === true) {
    await checkReplacing({ inputs: [input], outputs: { '-o': output }, overwrite: options.overwrite });
    reporter.line(`${input} -> ${output}`, { event: 'plan', input, output });
    return { exitCode: exitCodes.ok, text: 'planned' };
  }
  const { hadColor } = await colorizeImage(input, { ...options, output, resources });
  if (hadColor) reporter.warn(`${input} has colour already: it is replaced by the network's`);
  reporter.line(`${input} -> ${output}`, { event: 'done', input, output });
  return { exitCode: exitCodes.ok, text: 'colorized' };
}

function summary(result: FilmResult): { exitCode: number; text: string } {
  if (result.dryRun) return { exitCode: exitCodes.ok, text: 'planned' };
  const text = `${result.frames} frames, ${result.scenes.length} scenes, ${result.fps.toFixed(1)} fps`;
  if (!result.damage) return { exitCode: exitCodes.ok, text };
  return { exitCode: exitCodes.damaged, text: `${text}; damaged: ${result.damage}` };
}
