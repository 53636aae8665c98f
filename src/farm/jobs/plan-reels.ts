/** Decides which films of a command line are submitted, and where each goes. */
import { extname } from 'node:path';
import { AppError } from '../../errors.ts';
import { convertedExtensions, filmExtensions, pictureExtensions } from '../../ingest/film/file-extensions.ts';
import { containers, type Container } from '../../stream/film/encode/encoders.ts';
import { isObjectUrl, locate, type Location, type Roots } from '../storage/location.ts';
import type { Storages } from '../storage/storages.ts';

/** A film that the user named, or that is in a folder that the user named. */
export interface NamedFilm {
  /** A path of this machine, or an s3 address. */
  readonly path: string;
  /** Its folder, relative to the folder that the user named. */
  readonly subfolder: string;
}

/** A film and its output. */
export interface PlannedReel {
  readonly path: string;
  readonly at: Location;
  /** Path of the result inside the folder for results. */
  readonly name: string;
}

/**
 * Plans the outputs: `reel.mp4` becomes `reel.mp4` in the folder for results, or `reel.mkv` with `--container mkv`.
 * @throws {AppError} USAGE if an input is no film, or if two films would have one output
 */
export async function planReels(
  films: readonly NamedFilm[],
  { container, roots }: { readonly container: Container | undefined; readonly roots: Roots },
): Promise<PlannedReel[]> {
  const planned: PlannedReel[] = [];
  const taken = new Map<string, string>();
  for (const { path, subfolder } of films) {
    checkIsFilm(path);
    const name = [
      ...subfolder.split(/[/\\]/).filter((part) => part !== ''),
      outputName(path, container),
    ].join('/');
    const other = taken.get(name);
    if (other !== undefined)
      throw new AppError('USAGE', `${other} and ${path}: both would become ${name}`, {
        cure: 'submit them to different folders with -o',
      });
    taken.set(name, path);
    planned.push({ path, at: await locate(path, roots), name });
  }
  return planned;
}

/** Whether `submit` takes a file that it finds in a folder. */
export function isFilmPath(path: string): boolean {
  return filmExtensions.includes(extname(path).toLowerCase());
}

/** The films in S3-compatible storage whose keys start with an address that names no film itself. */
export async function findObjects(asked: string, storages: Storages): Promise<NamedFilm[]> {
  const at = await locate(asked, {});
  if (at.kind !== 'object' || isFilmPath(at.key)) return [{ path: asked, subfolder: '' }];
  const start = at.key === '' ? '' : `${at.key}/`;
  const found = await storages.objects.list(at.bucket, start);
  const films = found
    .map(({ key }) => key)
    .filter((key) => isFilmPath(key) && !key.includes('/.chromafeed/') && !key.startsWith('.chromafeed/'));
  if (films.length > 0)
    return films.map((key) => ({
      path: `s3://${at.bucket}/${key}`,
      subfolder: key.slice(start.length).split('/').slice(0, -1).join('/'),
    }));
  throw new AppError('INPUT_MISSING', `${asked}: expected films but found none`, {
    cure: 'name a film, or a folder that contains films',
  });
}

function checkIsFilm(path: string): void {
  const extension = extname(path).toLowerCase();
  const isPicture = pictureExtensions.includes(extension) || convertedExtensions.includes(extension);
  const isPattern = !isObjectUrl(path) && /%\d*d/.test(path);
  if (path !== '-' && !isPicture && !isPattern) return;
  throw new AppError('USAGE', `${path}: expected a film in a file`, {
    cure: 'chromafeed file colours pictures, numbered pictures and standard input',
  });
}

function outputName(path: string, container: Container | undefined): string {
  const name = path.split(/[/\\]/).at(-1) ?? path;
  const extension = extname(name);
  const stem = extension === '' ? name : name.slice(0, -extension.length);
  const own = containers.find((known) => `.${known}` === extension.toLowerCase());
  return `${stem}.${container ?? own ?? 'mkv'}`;
}
