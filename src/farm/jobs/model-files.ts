/** The model and the style of a film: what identifies them, and the files that must travel to the workers. */
import { basename, join } from 'node:path';
import { sha256File } from '../../files/fingerprint.ts';
import { AppError } from '../../errors.ts';
import { bundledModelDir } from '../../model/bundled-models.ts';
import { loadAnyModel } from '../../model/model.ts';
import { filmDefaults } from '../../stream/film/film-options.ts';
import type { ReelJob, ReelOptions, TravellingFile } from './reel-job.ts';

/** A file of this machine that a job needs. */
export interface LocalFile extends TravellingFile {
  readonly path: string;
}

/** The network of a job. */
export interface JobModel {
  /** Name, version and checksums. */
  readonly identity: unknown;
  /** Is part of the job. */
  readonly files: ReelJob['files'];
  /** The files that must be in the storage before the job runs. */
  readonly local: readonly LocalFile[];
}

/**
 * Reads the model of a command line.
 * @throws {AppError} MODEL_INVALID, INPUT_MISSING; USAGE for a blend
 */
export async function jobModel({
  model: asked = filmDefaults.model,
  embedding,
  style,
  blend,
}: ReelOptions): Promise<JobModel> {
  if (blend !== undefined)
    throw new AppError('USAGE', `--blend ${blend}: expected one model for a film on many machines`, {
      cure: 'leave --blend out, or colour the film with `chromafeed file`',
    });
  const { manifest, dir, weights } = await loadAnyModel(asked);
  const isBundled = bundledModelDir(manifest.name) === dir;
  const own = isBundled ? [] : await filesOf(dir, ['model.json', manifest.weights.file]);
  const network = embedding === undefined ? undefined : await fileOf(embedding);
  const photo = style === undefined ? undefined : await fileOf(style);
  return {
    identity: {
      name: manifest.name,
      version: manifest.version,
      weights: weights.map(({ sha256 }) => sha256),
      embedding: network?.sha256,
      style: photo?.sha256,
    },
    files: {
      ...(own.length > 0 && { model: own.map(travelling) }),
      ...(network && { embedding: travelling(network) }),
      ...(photo && { style: travelling(photo) }),
    },
    local: [...own, ...(network ? [network] : []), ...(photo ? [photo] : [])],
  };
}

function travelling({ name, sha256 }: LocalFile): TravellingFile {
  return { name, sha256 };
}

function filesOf(dir: string, names: readonly string[]): Promise<LocalFile[]> {
  return Promise.all(names.map((name) => fileOf(join(dir, name))));
}

async function fileOf(path: string): Promise<LocalFile> {
  try {
    return { name: basename(path).replace(/[^\w.-]/g, '_'), path, sha256: await sha256File(path) };
  } catch (error) {
    throw new AppError('INPUT_MISSING', `${path}: can't be read (${(error as Error).message})`, {
      cause: error,
    });
  }
}
