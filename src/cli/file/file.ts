import { colorizeFilmFile } from '../../stream/film/colorize-film-file.ts';
import { AppError, exitCodes } from '../../errors.ts';
import type { FilmResult } from '../../stream/film/film-result.ts';
import type { DeviceName } from '../../model/devices.ts';
import type { EngineName } from '../../model/engine.ts';
import { colorizeStillFile } from '../../stream/film/still/colorize-still-file.ts';
import { isPicturePath } from '../../stream/film/still/picture.ts';
import type { Studio } from '../../stream/studio.ts';
import { checkNetworkSize } from '../options/check-network-size.ts';
import { expandInputs } from './inputs.ts';
import { planOutputs, type FileJob } from './outputs.ts';
import { makeReporter } from '../reporting/reporter.ts';
import { openStudio } from './studio.ts';

/** The options of `chromafeed file`, as parsed. */
export interface FileOptions {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly fresh?: boolean;
  readonly model: string;
  readonly embedding?: string;
  readonly engine: EngineName;
  readonly device: 'auto' | DeviceName;
  readonly size: number;
  readonly temperature?: number;
  readonly saturation: number;
  readonly networkEvery: number;
  readonly sceneThreshold?: number;
  readonly deinterlace: 'auto' | 'on' | 'off';
  readonly codec?: string;
  readonly crf?: number;
  readonly preset?: string;
  readonly pixFmt?: string;
  readonly hwaccel?: string;
  readonly dropUncarried?: boolean;
  readonly start?: number;
  readonly duration?: number;
  readonly frameRate: number;
  readonly compare?: 'side' | 'split';
  readonly contactSheet?: string;
  readonly report?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly segmentFrames: number;
}

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
  checkNetworkSize(options.size);
  const jobs = planOutputs(inputs, await expandInputs(inputs), options);
  const reporter = makeReporter(options);
  await using studio = await openStudio(options, reporter, signal);
  const outcomes: Outcome[] = [];
  for (const job of jobs) {
    signal.throwIfAborted();
    outcomes.push(await runOne(job, jobs.length > 1, options, studio));
  }
  if (jobs.length === 1) return outcomes[0]?.exitCode ?? exitCodes.ok;
  reporter.table(outcomes.map(({ input, output, text }) => [input, output ?? '-', text]));
  const failed = outcomes.filter((outcome) => outcome.exitCode !== exitCodes.ok);
  return failed.length === 0 ? exitCodes.ok : exitCodes.failure;
}

async function runOne(
  { input, output }: FileJob,
  isOneOfMany: boolean,
  options: FileOptions,
  studio: Studio,
): Promise<Outcome> {
  const { reporter, signal } = studio;
  const wish = { ...options, input, output };
  try {
    if (isPicturePath(input)) return { input, output, ...(await colorizePicture(wish, studio)) };
    return { input, output, ...summary(await colorizeFilmFile(wish, studio)) };
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
  wish: FileOptions & FileJob,
  studio: Studio,
): Promise<Pick<Outcome, 'exitCode' | 'text'>> {
  const { reporter } = studio;
  const { input, output } = wish;
  const done = await colorizeStillFile(wish, studio);
  if (done?.hadColor === true) reporter.warn(`${input} has colour already: it is replaced by the network's`);
  reporter.line(`${input} -> ${output}`, { event: done ? 'done' : 'plan', input, output });
  return { exitCode: exitCodes.ok, text: done ? 'colorized' : 'planned' };
}

function summary(result: FilmResult): { exitCode: number; text: string } {
  if (result.dryRun) return { exitCode: exitCodes.ok, text: 'planned' };
  const text = `${result.frames} frames, ${result.scenes.length} scenes, ${result.fps.toFixed(1)} fps`;
  if (!result.damage) return { exitCode: exitCodes.ok, text };
  return { exitCode: exitCodes.damaged, text: `${text}; damaged: ${result.damage}` };
}
