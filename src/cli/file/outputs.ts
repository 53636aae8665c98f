import { existsSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { containers } from '../../stream/film/encode/encoders.ts';
import { pictureExtensions } from '../../ingest/film/file-extensions.ts';
import { isPicturePath } from '../../stream/film/still/image-format.ts';
import type { FileOptions } from './file-options.ts';

/** An input and where its result goes; `-`: the standard streams. */
export interface FileJob {
  readonly input: string;
  readonly output: string;
}

type OutputOptions = Pick<FileOptions, 'output' | 'report' | 'contactSheet' | 'json'>;

/**
 * Decides where each result goes, before any work.
 * @param asked - as on the command line: a folder or a glob stands for several inputs, whatever it holds
 * @param inputs - what that comes to
 * @throws {AppError} USAGE when one place was named for several results
 */
export function planOutputs(
  asked: readonly string[],
  inputs: readonly string[],
  options: OutputOptions,
): FileJob[] {
  const isOne = inputs.length === 1 && inputs[0] === asked[0];
  checkTogether(inputs, options);
  const jobs = inputs.map((input) => ({ input, output: outputOf(input, isOne, options.output) }));
  const taken = new Map<string, string>();
  for (const { input, output } of jobs) {
    const place = resolve(output);
    const other = taken.get(place);
    if (other !== undefined) {
      throw new AppError('USAGE', `${other} and ${input}: both would become ${output}`, {
        cure: 'colour them by commands of their own, with another -o each',
      });
    }
    taken.set(place, input);
  }
  return jobs;
}

function checkTogether(
  inputs: readonly string[],
  { output, report, contactSheet, json }: OutputOptions,
): void {
  if (json === true && output === '-') {
    throw new AppError('USAGE', '--json and -o -: both want standard output', { cure: 'name a file by -o' });
  }
  const [first = ''] = inputs;
  if (inputs.length > 1 && output !== undefined && !isFolder(output) && extname(output) !== '') {
    throw new AppError('USAGE', `-o ${output}: expected a folder for ${inputs.length} inputs`);
  }
  if (inputs.length > 1 && output === '-') {
    throw new AppError('USAGE', `-o -: expected one input but got ${inputs.length}`);
  }
  for (const [option, path] of Object.entries({ '--report': report, '--contact-sheet': contactSheet })) {
    if (path === undefined) continue;
    const cure = `leave ${option} out, or colour each film by a command of its own`;
    if (inputs.length > 1)
      throw new AppError('USAGE', `${option} ${path}: expected one film but got ${inputs.length} inputs`, {
        cure,
      });
    if (isPicturePath(first))
      throw new AppError('USAGE', `${option} ${path}: expected a film but got the picture ${first}`, {
        cure,
      });
  }
}

function outputOf(input: string, isOne: boolean, output: string | undefined): string {
  if (output !== undefined && isOne && !isFolder(output)) return output;
  if (input === '-') {
    throw new AppError('USAGE', 'standard input: expected -o, for there is no name to make an output of');
  }
  return join(output ?? resolve(input, '..'), nameOf(input));
}

/** `reel.mpg` becomes `reel.color.mkv`, `frame_%04d.png` becomes `frame.color.mkv`. */
function nameOf(input: string): string {
  const extension = extname(input).toLowerCase();
  const known: readonly string[] = [...containers.map((name) => `.${name}`), ...pictureExtensions];
  const stem =
    basename(input, extname(input))
      .replace(/%\d*d/, '')
      .replace(/[_.-]+$/, '') || 'film';
  const isSequence = /%\d*d/.test(input);
  return `${stem}.color${!isSequence && known.includes(extension) ? extension : '.mkv'}`;
}

function isFolder(path: string): boolean {
  return path.endsWith('/') || (existsSync(path) && statSync(path).isDirectory());
}
