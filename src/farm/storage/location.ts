/** Where a file of the farm is: in a shared folder, whose path may differ by machine, or in S3-compatible storage. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';

export const locationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    /** Name of the shared folder that the path starts at; absent: the path is the same on all machines. */
    root: z.string().optional(),
    path: z.string(),
  }),
  z.strictObject({ kind: z.literal('object'), bucket: z.string(), key: z.string() }),
]);
export type Location = z.infer<typeof locationSchema>;

/** Shared folders of this machine by name. */
export type Roots = Readonly<Record<string, string>>;

/** Whether a command line names something in S3-compatible storage. */
export function isObjectUrl(text: string): boolean {
  return text.startsWith('s3://');
}

/**
 * Makes a location of what the user named.
 * @param text - a path of this machine, or `s3://BUCKET/KEY`
 * @throws {AppError} USAGE when it is a faulty s3 address
 */
export async function locate(text: string, roots: Roots): Promise<Location> {
  if (isObjectUrl(text)) return locateObject(text);
  const path = await realPath(resolve(text));
  const inside = await Promise.all(
    Object.entries(roots).map(async ([root, folder]) => ({
      root,
      inner: relative(await realPath(folder), path),
    })),
  );
  const [nearest] = inside
    .filter(({ inner }) => inner !== '..' && !inner.startsWith(`..${sep}`))
    .sort((a, b) => a.inner.length - b.inner.length);
  if (nearest === undefined) return { kind: 'file', path };
  return { kind: 'file', root: nearest.root, path: nearest.inner.split(sep).join('/') };
}

function locateObject(text: string): Location {
  const [, bucket, key = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/+(.*))?$/.exec(text) ?? [];
  if (bucket !== undefined) return { kind: 'object', bucket, key: key.replace(/\/+$/, '') };
  throw new AppError('USAGE', `${text}: expected s3://BUCKET or s3://BUCKET/FOLDER`);
}

/**
 * The path of a shared file on this machine.
 * @throws {AppError} CONFIG_INVALID when this machine's config does not name the shared folder
 */
export function localPath(at: Extract<Location, { kind: 'file' }>, roots: Roots): string {
  if (at.root === undefined) return at.path;
  const folder = roots[at.root];
  if (folder !== undefined) return join(folder, at.path);
  throw new AppError(
    'CONFIG_INVALID',
    `expected the path of the shared folder "${at.root}" but this machine's config has none`,
    {
      cure: `add storage.roots.${at.root} to the config of the farm on this machine`,
    },
  );
}

/** A file inside a location that is a folder. */
export function inside(at: Location, name: string): Location {
  return at.kind === 'file'
    ? { ...at, path: posix.join(at.path, name) }
    : { ...at, key: at.key === '' ? name : `${at.key}/${name}` };
}

/** A location in words; it is the same on all machines. */
export function locationText(at: Location): string {
  if (at.kind === 'object') return `s3://${at.bucket}/${at.key}`;
  return at.root === undefined ? at.path : `${at.root}:${at.path}`;
}

/** The name of the file at a location. */
export function nameAt(at: Location): string {
  return basename(at.kind === 'file' ? at.path : at.key);
}

/** The path without links; parts that do not exist yet stay as they are. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPath(parent), basename(path));
  }
}
