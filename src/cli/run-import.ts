import { basename, extname } from 'node:path';
import { AppError } from '../errors.ts';
import { sha256File } from '../files/fingerprint.ts';
import { plainText } from '../log/plain-text.ts';
import type { Contract } from '../model/imported/contract.ts';
import { importModel, type Imported, type ImportRequest } from '../model/imported/import-model.ts';
import { knownExport } from '../model/imported/known-exports.ts';
import { askUser, canAsk } from './ask-user.ts';
import type { CommandStreams } from './command-context.ts';

/** The options of `chromafeed models import`, as parsed. */
export interface ImportOptions extends Pick<ImportRequest, 'overwrite' | 'input' | 'output'> {
  readonly name?: string;
  readonly license?: string;
  readonly side?: number;
}

/**
 * Imports a colorizer and says how it is used. On a terminal it asks for what is missing.
 * @throws {AppError} as `importModel`; USAGE if something is missing and nobody can be asked
 */
export async function runImport(
  file: string,
  options: ImportOptions,
  streams: CommandStreams,
): Promise<void> {
  const { overwrite, input, output, side } = options;
  const name = options.name ?? (await askName(file, streams));
  const licence = options.license ?? (await askLicence(file, streams));
  const imported = await importModel({ file, name, licence, overwrite, input, output, shortSidePx: side });
  streams.stdout.write(`${linesOf(imported).join('\n')}\n`);
}

async function askName(file: string, streams: CommandStreams): Promise<string> {
  const proposed = nameFrom(file);
  if (!canAsk(streams))
    throw new AppError('USAGE', '--name: expected a name for the model but got none', {
      cure: `for example --name ${proposed}`,
    });
  const answer = await askUser(`Name of the model, for --model [${proposed}]: `, streams);
  return answer === '' ? proposed : answer;
}

/** A name that a model may have, from the file's. */
function nameFrom(file: string): string {
  const name = basename(file, extname(file)).toLowerCase();
  return (
    name
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 64) || 'colorizer'
  );
}

/** @returns undefined if the import knows the file, or reports what is missing */
async function askLicence(file: string, streams: CommandStreams): Promise<string | undefined> {
  if (!canAsk(streams)) return undefined;
  const proposed = knownExport(await sha256File(file).catch(() => ''))?.licence;
  const hint = proposed === undefined ? '' : ` [${proposed}]`;
  const answer = await askUser(`Licence of the network, as its author states it${hint}: `, streams);
  return answer === '' ? proposed : answer;
}

function linesOf({ manifest, dir, known, msPerPicture, isGuess }: Imported): string[] {
  const { name, contract, provenance } = manifest;
  return [
    ...(known === undefined ? [] : [`This is a published export: ${known.title}.`]),
    `It takes ${takes(contract)}, and returns ${contract.output.form}. One picture took ${(msPerPicture / 1000).toFixed(2)} s on the cpu.`,
    ...(isGuess
      ? [
          `Its form could not be told for certain. If its colours are wrong, import it again with --input L, L-50 or "(L-50)/100".`,
        ]
      : []),
    `${plainText(dir)}: the model ${name}, licence ${provenance.licence}.`,
    `Use it with --model ${name}, or in the live config: model: ${name}`,
  ];
}

function takes({ input, zeros, size }: Contract): string {
  const sides =
    'widthPx' in size
      ? `${size.widthPx} x ${size.heightPx}`
      : `any size in multiples of ${size.multipleOf}, here ${size.shortSide} on the short side`;
  const empty =
    zeros.length === 0 ? '' : `, with ${zeros.map(({ name }) => plainText(name)).join(' and ')} left empty`;
  return `${input.form} (${input.type}), ${sides}${empty}`;
}
