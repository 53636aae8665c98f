import { basename, extname, join, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { glob } from 'tinyglobby';
import { AppError, exitCodes } from '../errors.ts';
import { colorizeFilmFile } from '../app.ts';
import type { FilmResult } from '../film-result.ts';
import type { Studio } from '../studio.ts';
import { containers } from '../stream/encoders.ts';
import type { DeviceName } from '../model/devices.ts';
import type { EngineName } from '../model/engine.ts';
import { filmExtensions } from '../ingest/film-extensions.ts';
import { colorizeStillFile } from '../still.ts';
import { isPicturePath, pictureExtensions } from '../stream/picture.ts';
import { makeReporter } from './reporter.ts';
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
  refuseClashes(inputs, options);
  const files = await expandInputs(inputs);
  const reporter = makeReporter(options);
  await using studio = await openStudio(options, reporter, signal);
  const outcomes: Outcome[] = [];
  for (const input of files) {
    signal.throwIfAborted();
    outcomes.push(await runOne(input, files.length > 1, options, studio));
  }
  if (files.length === 1) return outcomes[0]?.exitCode ?? exitCodes.ok;
  reporter.table(outcomes.map(({ input, output, text }) => [input, output ?? '-', text]));
  const failed = outcomes.filter((outcome) => outcome.exitCode !== exitCodes.ok);
  return failed.length === 0 ? exitCodes.ok : exitCodes.failure;
}

async function runOne(
  input: string,
  isOneOfMany: boolean,
  options: FileOptions,
  studio: Studio,
): Promise<Outcome> {
  const { reporter, signal } = studio;
  const output = outputPath(input, isOneOfMany, options);
  try {
    if (isPicturePath(input)) {
      const { hadColor } = await colorizeStillFile({ ...options, input, output }, studio);
      if (hadColor) reporter.warn(`${input} has colour already: it is replaced by the network's`);
      reporter.line(`${input} -> ${output}`, { event: 'done', input, output });
      return { input, output, exitCode: exitCodes.ok, text: 'colorized' };
    }
    const result = await colorizeFilmFile({ ...options, input, output }, studio);
    return { input, output, ...summary(result) };
  } catch (error) {
    if (!isOneOfMany || signal.aborted) throw error;
    if (!(error instanceof AppError)) throw error;
    reporter.warn(`${input}: ${error.message}${error.cure === undefined ? '' : `; ${error.cure}`}`);
    return { input, output: undefined, exitCode: error.exitCode, text: `${error.code}: ${error.message}` };
  }
}

function summary(result: FilmResult): { exitCode: number; text: string } {
  if (result.dryRun) return { exitCode: exitCodes.ok, text: 'planned' };
  const text = `${result.frames} frames, ${result.scenes.length} scenes, ${result.fps.toFixed(1)} fps`;
  if (!result.damage) return { exitCode: exitCodes.ok, text };
  return { exitCode: exitCodes.damaged, text: `${text}; damaged: ${result.damage}` };
}

/** Files of folders and globs; everything else as it was given. */
export async function expandInputs(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const input of inputs) {
    const found = await stat(input).catch(() => undefined);
    if (found?.isDirectory()) files.push(...(await filesOfFolder(input)));
    else if (!found && /[*?[\]{}]/.test(input) && !/%\d*d/.test(input)) {
      const matches = await glob(input, { absolute: false });
      if (matches.length === 0) {
        throw new AppError('INPUT_MISSING', `${input}: no file fits the pattern`, {
          cure: 'check the pattern and the folder',
        });
      }
      files.push(...matches.sort());
    } else files.push(input);
  }
  return [...new Set(files)];
}

async function filesOfFolder(folder: string): Promise<string[]> {
  const all = await glob('*', { cwd: folder, onlyFiles: true });
  const known = all.filter((name) =>
    [...filmExtensions, ...pictureExtensions].includes(extname(name).toLowerCase()),
  );
  const own = known.filter((name) => !/\.color\.[^.]+$/.test(name)); // what an earlier run has made
  if (own.length === 0) {
    throw new AppError(
      'INPUT_MISSING',
      `${folder}: expected films or pictures in the folder but found none`,
      {
        cure: 'name the files, or numbered pictures by a pattern such as frame_%04d.png',
      },
    );
  }
  return own.sort().map((name) => join(folder, name));
}

function outputPath(input: string, isOneOfMany: boolean, options: FileOptions): string {
  if (options.output !== undefined && !isOneOfMany) return options.output;
  if (input === '-') {
    throw new AppError('USAGE', 'standard input: expected -o, for there is no name to make an output of');
  }
  const extension = extname(input).toLowerCase();
  const known: readonly string[] = [...containers.map((name) => `.${name}`), ...pictureExtensions];
  const stem =
    basename(input, extname(input))
      .replace(/%\d*d/, '')
      .replace(/[_.-]+$/, '') || 'film';
  const isSequence = /%\d*d/.test(input);
  const name = `${stem}.color${!isSequence && known.includes(extension) ? extension : '.mkv'}`;
  const folder = isOneOfMany && options.output !== undefined ? options.output : resolve(input, '..');
  return join(folder, name);
}

/** @throws {AppError} USAGE when `--size` is none that the network can see */
export function checkNetworkSize(size: number): void {
  if (size % 8 === 0 && size >= 64 && size <= 1024) return;
  throw new AppError('USAGE', `--size: expected a multiple of 8 from 64 to 1024 but got ${size}`);
}

function refuseClashes(inputs: readonly string[], options: FileOptions): void {
  if (options.json === true && options.output === '-') {
    throw new AppError('USAGE', '--json and -o -: both want standard output', { cure: 'name a file by -o' });
  }
  checkNetworkSize(options.size);
  if (inputs.length > 1 && options.output !== undefined && extname(options.output) !== '') {
    throw new AppError('USAGE', `-o ${options.output}: expected a folder for ${inputs.length} inputs`);
  }
}
