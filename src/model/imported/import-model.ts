import { existsSync } from 'node:fs';
import { constants, copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { sha256File } from '../../files/fingerprint.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { writeFailure } from '../../files/write-failure.ts';
import { plainText } from '../../log/plain-text.ts';
import { bundledModelDir } from '../bundled-models.ts';
import { modelNamePattern } from '../manifest.ts';
import { userModelsDir } from '../model-folders.ts';
import { readModelFile } from '../weights/weights.ts';
import { prepareOnnxEnvironment } from '../onnx/onnx-environment.ts';
import type { InputForm, OutputForm } from './forms.ts';
import { ImportedChild, type ImportedLimits } from './imported-child.ts';
import {
  formatImportedManifest,
  isImported,
  maxOnnxBytes,
  parseImportedManifest,
  type ImportedManifest,
} from './imported-manifest.ts';
import { knownExport, type KnownExport } from './known-exports.ts';
import { findContract, type FoundContract } from './find-contract.ts';

/** A colorizer to import. */
export interface ImportRequest {
  /** the ONNX file */
  readonly file: string;
  /** the name that `--model` will take */
  readonly name: string;
  /** of the network; absent: of the published export, if the file is one */
  readonly licence?: string | undefined;
  /** replace a model that was imported under this name */
  readonly overwrite?: boolean | undefined;
  readonly input?: InputForm | undefined;
  readonly output?: OutputForm | undefined;
  /** short side of the pictures for a network that takes any size, pixels; absent: 256 */
  readonly shortSidePx?: number | undefined;
  /** absent: the usual ones */
  readonly limits?: Partial<ImportedLimits> | undefined;
}

/** What was imported. */
export interface Imported extends Omit<FoundContract, 'contract'> {
  readonly manifest: ImportedManifest;
  /** the model's folder, absolute */
  readonly dir: string;
  readonly known: KnownExport | undefined;
}

const manifestName = 'model.json';
const onnxName = 'model.onnx';

/**
 * Imports a colorizer from an ONNX file: finds out how it is used, and copies it into the user's data folder with a
 * manifest that says so.
 * @throws {AppError} USAGE for a bad name or a missing licence; OUTPUT_EXISTS; MODEL_INVALID when the file is no working
 *   network; MODEL_MISMATCH when it colours no pictures; DISK_FULL, OUTPUT_UNWRITABLE
 */
export async function importModel(request: ImportRequest): Promise<Imported> {
  prepareOnnxEnvironment();
  const file = resolve(request.file);
  const before = await checkName(request);
  const bytes = await onnxBytes(file);
  const sha256 = await sha256File(file);
  const known = knownExport(sha256);
  const licence = checkLicence(request.licence ?? known?.licence);
  await using child = await ImportedChild.open(
    { file, device: 'cpu', threads: availableParallelism() },
    request.limits,
  );
  const { contract, ...measured } = await findContract(child, { ...request, file, known });
  const manifest: ImportedManifest = {
    formatVersion: 1,
    name: request.name,
    version: before === undefined ? 1 : before.version + (before.weights.sha256 === sha256 ? 0 : 1),
    architecture: 'onnx',
    contract,
    weights: { file: onnxName, sha256, bytes },
    provenance: {
      description: known?.title ?? 'a colorizer that the user imported',
      importedFrom: plainText(basename(file)),
      licence,
      date: new Date().toISOString().slice(0, 10),
    },
  };
  return { manifest, dir: await install(file, manifest), known, ...measured };
}

/** @returns the model that will be replaced */
async function checkName({ name, overwrite }: ImportRequest): Promise<ImportedManifest | undefined> {
  if (!modelNamePattern.test(name))
    throw new AppError(
      'USAGE',
      `--name: expected lower-case letters, digits, ".", "_", "-", at most 64 of them, but got "${plainText(name)}"`,
      { cure: 'for example --name ddcolor' },
    );
  if (bundledModelDir(name) !== undefined)
    throw new AppError('USAGE', `--name ${name}: expected a new name but chromafeed comes with this model`, {
      cure: 'choose another name',
    });
  const dir = join(userModelsDir(), name);
  if (!existsSync(dir)) return undefined;
  const path = join(dir, manifestName);
  const text = existsSync(path) ? (await readModelFile(path, 2 ** 20)).toString('utf8') : '';
  if (overwrite === true && isImported(text)) return parseImportedManifest(text, path);
  throw new AppError('OUTPUT_EXISTS', `${dir}: expected a new name but there is a model called ${name}`, {
    cure: isImported(text)
      ? 'add --overwrite to replace it, or choose another --name'
      : 'choose another --name: this model was not imported, so it is not replaced',
  });
}

async function onnxBytes(file: string): Promise<number> {
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile() !== true)
    throw new AppError('MODEL_INVALID', `${file}: expected an ONNX file but got none`, {
      cure: 'name an existing .onnx file',
    });
  if (info.size >= 1 && info.size <= maxOnnxBytes) return info.size;
  throw new AppError('MODEL_INVALID', `${file}: expected 1 to ${maxOnnxBytes} bytes but got ${info.size}`, {
    cure: 'name an ONNX file that includes its weights and is smaller than 2 GB',
  });
}

function checkLicence(licence: string | undefined): string {
  const text = plainText(licence ?? '').trim();
  if (text.length >= 1 && text.length <= 200) return text;
  throw new AppError(
    'USAGE',
    `--license: expected the licence of the network, 1 to 200 characters, but got ${text === '' ? 'none' : text.length}`,
    { cure: 'see where you got the file, for example --license Apache-2.0; it is written into every output' },
  );
}

async function install(file: string, manifest: ImportedManifest): Promise<string> {
  const root = userModelsDir();
  const dir = join(root, manifest.name);
  let fresh: string | undefined;
  try {
    await mkdir(root, { recursive: true });
    fresh = await mkdtemp(join(root, `.${manifest.name}-`));
    await copyFile(file, join(fresh, onnxName), constants.COPYFILE_FICLONE);
    await replaceFile(join(fresh, manifestName), formatImportedManifest(manifest));
    await rm(dir, { recursive: true, force: true });
    await rename(fresh, dir);
    return dir;
  } catch (cause) {
    if (fresh !== undefined) await rm(fresh, { recursive: true, force: true });
    if (cause instanceof AppError) throw cause;
    throw writeFailure(root, cause, {
      kept: 'nothing is imported',
      cureFull: 'free some space and repeat the command',
      cure: 'set CHROMAFEED_HOME to a folder that can be written',
    });
  }
}
