import { AppError } from '../../errors.ts';
import { modelNamePattern } from '../../model/manifest.ts';

/**
 * Checks a model's name before hours of training.
 * @param option - the option's name, such as `--name`
 * @throws {AppError} USAGE when a manifest cannot have this name
 */
export function checkName(option: string, name: string): string {
  if (modelNamePattern.test(name)) return name;
  throw new AppError(
    'USAGE',
    `${option}: expected lower-case letters, digits, ".", "_", "-" but got "${name}"`,
  );
}

/**
 * Checks a text for the manifest.
 * @param option - the option's name, such as `--licence`
 * @throws {AppError} USAGE when it is empty
 */
export function checkText(option: string, text: string): string {
  if (text !== '') return text;
  throw new AppError('USAGE', `${option}: expected some words but got none`, {
    cure: `leave out ${option}, and the manifest says "not stated"`,
  });
}
