import { access, constants, readdir, stat } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { glob } from 'tinyglobby';
import { AppError } from '../../errors.ts';
import { convertedExtensions, filmExtensions, pictureExtensions } from '../../ingest/film/file-extensions.ts';

/** A file that is to be coloured. */
export interface FoundInput {
  /** Path of the file, or what the user wrote: a pattern of numbered pictures, `-`. */
  readonly path: string;
  /** Its folder, relative to the folder that the user named; empty if it lies in that folder or was named itself. */
  readonly subfolder: string;
  /** A file of a film's kind that holds one picture only. */
  readonly isOnePicture?: boolean;
}

/** A file or folder that is not coloured. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** The files that the inputs of a command line mean. */
export interface FoundInputs {
  readonly inputs: readonly FoundInput[];
  readonly leftOut: readonly LeftOut[];
}

/** How folders are read. */
export interface FolderOptions {
  /** Also take the folders inside a folder. */
  readonly recursive?: boolean | undefined;
  /** The folder for results; it is not read if it lies inside a folder that is. */
  readonly output?: string | undefined;
}

/** The result of an earlier run: `reel.color.mp4`. */
const ownResult = /\.color\.[^.]+$/;
/** Folders with unfinished work, and hidden ones. */
const ownFolder = /\.partial$|^\./;
const knownExtensions = new Set([...filmExtensions, ...pictureExtensions, ...convertedExtensions]);

/**
 * Expands folders and globs into files, without the results of earlier runs; other inputs stay as they are.
 * @throws {AppError} INPUT_MISSING if a folder or a glob contains no file
 */
export async function expandInputs(
  asked: readonly string[],
  options: FolderOptions = {},
): Promise<FoundInputs> {
  const inputs = new Map<string, FoundInput>();
  const leftOut: LeftOut[] = [];
  for (const path of asked) {
    const found = await expandOne(path, options);
    for (const input of found.inputs) if (!inputs.has(input.path)) inputs.set(input.path, input);
    leftOut.push(...found.leftOut);
  }
  return { inputs: [...inputs.values()], leftOut };
}

async function expandOne(asked: string, options: FolderOptions): Promise<FoundInputs> {
  const found = await stat(asked).catch(() => undefined);
  if (found?.isDirectory() === true) return filesOfFolder(asked, options);
  const isGlob = !found && /[*?[\]{}]/.test(asked) && !/%\d*d/.test(asked);
  const paths = isGlob ? await filesOfGlob(asked) : [asked];
  return { inputs: paths.map((path) => ({ path, subfolder: '' })), leftOut: [] };
}

async function filesOfGlob(pattern: string): Promise<string[]> {
  const all = await glob(pattern, { absolute: false });
  const asked = ownResult.test(pattern) ? all : all.filter((name) => !ownResult.test(name));
  if (asked.length > 0) return asked.sort();
  throw new AppError('INPUT_MISSING', `${pattern}: no file matches the pattern`, {
    cure: 'check the pattern and the folder',
  });
}

async function filesOfFolder(folder: string, options: FolderOptions): Promise<FoundInputs> {
  const found = await readFolder(folder, folder, options);
  if (found.inputs.length > 0) return found;
  const subfolders = found.leftOut.filter(({ reason }) => reason === subfolderReason).length;
  throw new AppError('INPUT_MISSING', `${folder}: expected films or pictures in the folder but found none`, {
    cure:
      subfolders > 0
        ? 'add --recursive to take the folders inside it'
        : 'name the files, or numbered pictures by a pattern such as frame_%04d.png',
  });
}

const subfolderReason = 'a folder: --recursive takes it';

/** Lists the files of one folder by name, then those of the folders inside. */
async function readFolder(root: string, folder: string, options: FolderOptions): Promise<FoundInputs> {
  const entries = (await readdir(folder, { withFileTypes: true })).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const inputs: FoundInput[] = [];
  const inside: FoundInput[] = [];
  const leftOut: LeftOut[] = [];
  for (const { name } of entries) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) {
      if (ownFolder.test(name) || isOutput(path, options)) continue;
      if (options.recursive === true) {
        const below = await readFolder(root, path, options);
        inside.push(...below.inputs);
        leftOut.push(...below.leftOut);
      } else leftOut.push({ path, reason: subfolderReason });
      continue;
    }
    if (name.startsWith('.') || ownResult.test(name)) continue;
    const reason = await whyNot(path, found?.isFile() === true);
    if (reason === undefined) inputs.push({ path, subfolder: relative(root, folder) });
    else leftOut.push({ path, reason });
  }
  return { inputs: [...inputs, ...inside], leftOut };
}

async function whyNot(path: string, isFile: boolean): Promise<string | undefined> {
  if (path.includes('\uFFFD')) return 'its name is not UTF-8: rename it';
  if (!knownExtensions.has(extname(path).toLowerCase())) return 'not a film or a picture';
  const isReadable =
    isFile &&
    (await access(path, constants.R_OK).then(
      () => true,
      () => false,
    ));
  return isReadable ? undefined : "can't be read";
}

function isOutput(path: string, { output }: FolderOptions): boolean {
  return output !== undefined && resolve(path) === resolve(output);
}
