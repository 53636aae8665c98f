import { access, constants, readdir, stat } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { glob } from 'tinyglobby';
import { AppError } from '../../errors.ts';
import { convertedExtensions, filmExtensions, pictureExtensions } from '../../ingest/film/file-extensions.ts';

/** A file that is to be coloured. */
export interface FoundInput {
  /** Of the file, or as it was asked for: a pattern of numbered pictures, `-`. */
  readonly path: string;
  /** The folder inside the one that was asked for; empty: that folder itself, or none. */
  readonly subfolder: string;
}

/** A part of a folder that is not coloured. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** What the inputs of a command line come to. */
export interface FoundInputs {
  readonly inputs: readonly FoundInput[];
  readonly leftOut: readonly LeftOut[];
}

/** How folders are read. */
export interface FolderOptions {
  /** Takes the folders inside a folder, too. */
  readonly recursive?: boolean | undefined;
  /** Where results go; not read when it lies in a folder that is. */
  readonly output?: string | undefined;
}

/** What an earlier run has made: `reel.color.mp4`. */
const ownResult = /\.color\.[^.]+$/;
/** Unfinished work, and what the system or a program keeps for itself. */
const ownFolder = /\.partial$|^\./;
const knownExtensions = new Set([...filmExtensions, ...pictureExtensions, ...convertedExtensions]);

/**
 * Files of folders and globs, without what earlier runs have made of them; everything else as it was given.
 * @throws {AppError} INPUT_MISSING when a folder or a glob has none
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
  throw new AppError('INPUT_MISSING', `${pattern}: no file fits the pattern`, {
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

/** The files of one folder in the order of their names, then those of the folders inside. */
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
