import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../version.ts';

/** The models that come with the program, each in its own npm package: `@chromafeed/model-NAME`. */
const scope = '@chromafeed';
const prefix = 'model-';

/** A model that is installed with the program. */
export interface BundledModel {
  readonly name: string;
  /** its folder, absolute */
  readonly dir: string;
}

/**
 * Lists the models that are installed with the program. In a checkout and a container image they are in `models/`.
 * For an installed program they are in the `node_modules` folders that Node itself would search from here.
 * @returns sorted by name; if two have the same name, the nearer one
 */
export function bundledModels(): BundledModel[] {
  const found = new Map<string, BundledModel>();
  for (const model of [...ownModels(), ...installedModels()])
    if (!found.has(model.name)) found.set(model.name, model);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Finds the folder of a bundled model.
 * @param name - such as `trunk`
 * @returns undefined when it is not installed
 */
export function bundledModelDir(name: string): string | undefined {
  return bundledModels().find((model) => model.name === name)?.dir;
}

/** The models in the `models` folder of a checkout or an image; an installed program has no such folder. */
function ownModels(): BundledModel[] {
  const root = fileURLToPath(new URL('models/', packageRoot));
  return foldersIn(root).map((name) => ({ name, dir: join(root, name) }));
}

function installedModels(): BundledModel[] {
  const searched = createRequire(import.meta.url).resolve.paths(`${scope}/${prefix}`) ?? [];
  return searched.flatMap((modules) => {
    const root = join(modules, scope);
    return foldersIn(root)
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({ name: name.slice(prefix.length), dir: join(root, name) }));
  });
}

/** Names of the folders in a folder, including links to folders. */
function foldersIn(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory());
}
