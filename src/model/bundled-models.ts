import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../version.ts';

/** The models that come with the program, each in an npm package of its own: `@chromafeed/model-NAME`. */
const scope = '@chromafeed';
const prefix = 'model-';

/** A model that is installed with the program. */
export interface BundledModel {
  readonly name: string;
  /** its folder, absolute */
  readonly dir: string;
}

/**
 * The models that are installed beside the program. A checkout and a container image hold them in `models/`; an installed
 * program has them in the `node_modules` folders that Node itself would search from here.
 * @returns sorted by name; of two with one name the nearer
 */
export function bundledModels(): BundledModel[] {
  const found = new Map<string, BundledModel>();
  for (const model of [...ownModels(), ...installedModels()])
    if (!found.has(model.name)) found.set(model.name, model);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The folder of one of them.
 * @param name - such as `trunk`
 * @returns undefined when it is not installed
 */
export function bundledModelDir(name: string): string | undefined {
  return bundledModels().find((model) => model.name === name)?.dir;
}

/** The `models` folder of a checkout or an image; an installed program has none. */
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

/** Names of the folders in a folder; links to folders are among them. */
function foldersIn(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory());
}
