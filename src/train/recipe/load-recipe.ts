import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigDocument } from '../../config/config-document.ts';
import { configError } from '../../config/config-fault.ts';
import { didYouMean } from '../../config/did-you-mean.ts';
import { explainIssues } from '../../config/explain-issue.ts';
import { readConfig } from '../../config/read-config.ts';
import { AppError } from '../../errors.ts';
import { packageRoot } from '../../version.ts';
import { recipeSchema, type Recipe } from './recipe.ts';

const extension = '.yaml';
const cure = 'correct these lines; docs/training.md lists the settings of a recipe';

/** A recipe and what it is called. */
export interface LoadedRecipe {
  /** the file's name without `.yaml` */
  readonly name: string;
  readonly recipe: Recipe;
}

/** The folder of the recipes that come with the program. */
const recipesDir = new URL('config/recipes/', packageRoot);

/** The names of the recipes that come with the program, sorted. */
export function recipeNames(): string[] {
  return readdirSync(recipesDir)
    .filter((file) => file.endsWith(extension))
    .map((file) => basename(file, extension))
    .sort();
}

/**
 * Reads a recipe.
 * @param asked - the name of a recipe that comes with the program, or the path of a YAML file
 * @throws {AppError} USAGE if there is no recipe of this name; INPUT_MISSING if the file cannot be read; CONFIG_INVALID
 *   with all faults of the file, one line each
 */
export async function loadRecipe(asked: string): Promise<LoadedRecipe> {
  const path = pathOf(asked);
  return { name: basename(path, extension), recipe: parseRecipe(await readConfig(path), path) };
}

/**
 * Checks a recipe's text.
 * @param path - of its file, for messages
 * @throws {AppError} CONFIG_INVALID with all faults, one line each
 */
export function parseRecipe(text: string, path: string): Recipe {
  const document = new ConfigDocument(text, {});
  const result = recipeSchema.safeParse(document.values);
  if (result.success && document.faults.length === 0) return result.data;
  const issues = result.success || document.values === undefined ? [] : result.error.issues;
  const faults = explainIssues(issues, {
    schema: recipeSchema,
    input: document.values,
    isSecret: () => false,
  });
  throw configError(path, [...document.faults, ...faults.map((fault) => document.place(fault))], cure);
}

/** A path has a slash or the ending `.yaml`; everything else is a name. */
function pathOf(asked: string): string {
  if (/[/\\]|\.ya?ml$/.test(asked)) return asked;
  const bundled = fileURLToPath(new URL(`${asked}${extension}`, recipesDir));
  if (existsSync(bundled)) return bundled;
  const names = recipeNames();
  throw new AppError(
    'USAGE',
    `--recipe: expected the path of a .yaml file or one of ${names.join(', ')} but got ${asked}${didYouMean(asked, names)}`,
  );
}
