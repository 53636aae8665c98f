import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { AppError } from '../../errors.ts';
import { filmExtensions, pictureExtensions } from '../../ingest/film/file-extensions.ts';
import type { Split } from './shards/sample.ts';

/** A file to learn from. */
export interface SourceFile {
  /** absolute */
  readonly path: string;
  /** its path below the input, with `/`; unique */
  readonly key: string;
  readonly kind: 'photo' | 'film';
  readonly bytes: number;
  readonly modifiedMs: number;
  /** the part of the set that the user named it for; if absent, a hash decides */
  readonly split?: Split;
  /** name of the folder that was searched, without its path */
  readonly source: string;
}

/** One input: where to look, and for which part of the set. */
export interface SourceRequest {
  /** file, folder or glob */
  readonly input: string;
  readonly split?: Split;
}

/**
 * Finds the photos and films of files, folders (to any depth) and globs.
 * @param outputDir - the set's folder: files in it are not sources
 * @returns the sources in the order of their keys, each once
 * @throws {AppError} INPUT_MISSING if an input has no photo or film
 */
export async function findSources(
  requests: readonly SourceRequest[],
  outputDir: string,
): Promise<SourceFile[]> {
  const found = new Map<string, SourceFile>();
  const keys = new Set<string>();
  for (const request of requests) {
    for (const { path, root } of await expand(request.input)) {
      if (found.has(path) || path.startsWith(resolve(outputDir) + sep)) continue;
      const { size, mtimeMs } = await stat(path);
      const key = uniqueKey(relative(root, path).split(sep).join('/'), basename(root), keys);
      found.set(path, {
        path,
        key,
        bytes: size,
        modifiedMs: mtimeMs,
        source: basename(root),
        kind: pictureExtensions.includes(extname(path).toLowerCase()) ? 'photo' : 'film',
        ...(request.split === undefined ? {} : { split: request.split }),
      });
    }
  }
  return [...found.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
}

async function expand(input: string): Promise<{ path: string; root: string }[]> {
  const known = [...pictureExtensions, ...filmExtensions];
  const isKnown = (path: string): boolean => known.includes(extname(path).toLowerCase());
  const info = await stat(input).catch(() => undefined);
  const named = resolve(input);
  if (info?.isFile() === true) return [{ path: named, root: dirname(named) }];
  const paths = info
    ? (await glob('**', { cwd: named, onlyFiles: true })).map((name) => join(named, name))
    : (await glob(input, { onlyFiles: true })).map((path) => resolve(path));
  const files = paths.filter(isKnown).sort();
  if (files.length === 0) throw nothingFound(input, info !== undefined);
  return files.map((path) => ({ path, root: info ? named : dirname(path) }));
}

/**
 * If files of two roots have the same name, the later one gets its folder's name as a prefix, with a number if needed.
 */
function uniqueKey(name: string, folder: string, taken: Set<string>): string {
  let key = name;
  for (let number = 1; taken.has(key); number++) key = `${folder}${number === 1 ? '' : `-${number}`}/${name}`;
  taken.add(key);
  return key;
}

function nothingFound(input: string, exists: boolean): AppError {
  return new AppError(
    'INPUT_MISSING',
    `${input}: expected photos or films but ${exists ? 'found none in it' : 'there is no such file or folder'}`,
    { cure: `check the name; photos are ${pictureExtensions.join(', ')}` },
  );
}
