import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { convertedExtensions, pictureExtensions } from '../../ingest/film/file-extensions.ts';
import { containers } from '../../stream/film/encode/encoders.ts';
import { isPicturePath } from '../../stream/film/still/image-format.ts';
import type { FileOptions } from './file-options.ts';
import type { FoundInput } from './inputs.ts';

/** An input and where its result goes; `-`: the standard streams. */
export interface FileJob {
  readonly input: string;
  readonly output: string;
  /** Paths of the film's contact sheet and report; undefined if not requested. */
  readonly contactSheet: string | undefined;
  readonly report: string | undefined;
}

type OutputOptions = Pick<FileOptions, 'output' | 'report' | 'contactSheet' | 'json'>;

/**
 * Decides where each result goes, before any work.
 * @param asked - as on the command line: a folder or a glob counts as several inputs, even if it contains only one
 * @param inputs - the files that it means
 * @throws {AppError} USAGE if several results would go to one path
 */
export function planOutputs(
  asked: readonly string[],
  inputs: readonly FoundInput[],
  options: OutputOptions,
): FileJob[] {
  const isOne = inputs.length === 1 && inputs[0]?.path === asked[0];
  checkTogether(inputs, isOne, options);
  const jobs = inputs.map((input) => planJob(input, isOne, options));
  const taken = new Map<string, string>();
  for (const { input, output } of jobs) {
    const place = resolve(output);
    const other = taken.get(place);
    if (other !== undefined) {
      throw new AppError('USAGE', `${other} and ${input}: both would become ${output}`, {
        cure: 'run one command for each, with different -o',
      });
    }
    taken.set(place, input);
  }
  return jobs;
}

function planJob(input: FoundInput, isOne: boolean, options: OutputOptions): FileJob {
  const output = outputOf(input, isOne, options.output);
  const isPicture = isPicturePath(input.path) || input.isOnePicture === true;
  const besideFilm = (path: string | undefined, ending: string): string | undefined => {
    if (path === undefined || isPicture) return undefined;
    return isOne && !isFolder(path) ? path : fileOfFilm(path, input, output, ending);
  };
  return {
    input: input.path,
    output,
    contactSheet: besideFilm(options.contactSheet, 'sheet.jpg'),
    report: besideFilm(options.report, 'report.json'),
  };
}

function checkTogether(
  inputs: readonly FoundInput[],
  isOne: boolean,
  { output, report, contactSheet, json }: OutputOptions,
): void {
  if (json === true && output === '-') {
    throw new AppError('USAGE', '--json and -o - cannot both write to standard output', {
      cure: 'name a file with -o',
    });
  }
  if (inputs.length > 1 && output !== undefined && !isFolder(output) && extname(output) !== '') {
    throw new AppError('USAGE', `-o ${output}: expected a folder for ${inputs.length} inputs`);
  }
  if (inputs.length > 1 && output === '-') {
    throw new AppError('USAGE', `-o -: expected one input but got ${inputs.length}`);
  }
  const [first] = inputs;
  if (!isOne || first === undefined || !isPicturePath(first.path)) return;
  for (const [option, path] of Object.entries({ '--report': report, '--contact-sheet': contactSheet })) {
    if (path === undefined) continue;
    throw new AppError('USAGE', `${option} ${path}: expected a film but got the picture ${first.path}`, {
      cure: `leave ${option} out`,
    });
  }
}

function outputOf(input: FoundInput, isOne: boolean, output: string | undefined): string {
  const { path, subfolder } = input;
  if (output !== undefined && isOne && !isFolder(output)) return output;
  if (path === '-') {
    throw new AppError(
      'USAGE',
      'standard input: expected -o, because there is no name to derive the output from',
    );
  }
  return output === undefined
    ? join(resolve(path, '..'), nameOf(input))
    : join(output, subfolder, nameOf(input));
}

/**
 * The file of one film, for an option that was set for several films: in the folder that the option names, or as
 * `FILM.NAME` beside the file that it names.
 */
function fileOfFilm(path: string, { subfolder }: FoundInput, output: string, ending: string): string {
  const stem = basename(output, extname(output));
  return isFolder(path)
    ? join(path, subfolder, `${stem}.${ending}`)
    : join(dirname(path), subfolder, `${stem}.${basename(path)}`);
}

/**
 * `reel.mpg` becomes `reel.color.mkv`, `scan.bmp` and a GIF of one picture `scan.color.png`, `frame_%04d.png`
 * `frame.color.mkv`.
 */
function nameOf({ path: input, isOnePicture = false }: FoundInput): string {
  const extension = extname(input).toLowerCase();
  const known: readonly string[] = [...containers.map((name) => `.${name}`), ...pictureExtensions];
  const stem =
    basename(input, extname(input))
      .replace(/%\d*d/, '')
      .replace(/[_.-]+$/, '') || 'film';
  const isSequence = /%\d*d/.test(input);
  if (isOnePicture || (!isSequence && convertedExtensions.includes(extension))) return `${stem}.color.png`;
  return `${stem}.color${!isSequence && known.includes(extension) ? extension : '.mkv'}`;
}

function isFolder(path: string): boolean {
  return path.endsWith('/') || (existsSync(path) && statSync(path).isDirectory());
}
