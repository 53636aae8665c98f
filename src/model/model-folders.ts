import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { bundledModels } from './bundled-models.ts';

/** A folder that may hold a model. */
export interface ModelFolder {
  /** the name that `--model` takes */
  readonly name: string;
  /** absolute */
  readonly dir: string;
  /** `user`: in the data folder. `bundled`: installed with the program. */
  readonly origin: 'user' | 'bundled';
}

/**
 * Lists the folders in which a model's name is looked up: first the user's own, then those installed with the
 * program.
 * @param environment - see `userModelsDir`
 * @returns sorted by name within each origin; if two folders have the same name, the first one counts
 */
export function modelFolders(environment = process.env): ModelFolder[] {
  const user = userModels(userModelsDir(environment));
  const names = new Set(user.map(({ name }) => name));
  const bundled = bundledModels().filter(({ name }) => !names.has(name));
  return [...user, ...bundled.map(({ name, dir }): ModelFolder => ({ name, dir, origin: 'bundled' }))];
}

/**
 * Returns the folder for models that the user trains or imports; it need not exist. Updating or removing the program
 * does not touch it.
 * @param environment - `CHROMAFEED_HOME` is the program's data folder; without it, the data folder is `chromafeed` in
 *   `XDG_DATA_HOME`, or else in `~/.local/share`
 * @returns absolute
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function userModelsDir(environment = process.env): string {
  return join(dataDir(environment), 'models');
}

function dataDir({ CHROMAFEED_HOME: home, XDG_DATA_HOME: xdg }: NodeJS.ProcessEnv): string {
  if (home !== undefined && home !== '') return resolve(home);
  // The specification says to ignore relative paths.
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share');
  return join(base, 'chromafeed');
}

function userModels(root: string): ModelFolder[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'model.json')))
    .sort()
    .map((name) => ({ name, dir: join(root, name), origin: 'user' }));
}
