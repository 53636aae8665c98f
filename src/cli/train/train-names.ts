import { AppError } from '../../errors.ts';
import { modelNamePattern } from '../../model/manifest.ts';

/**
 * Checks a model's name before hours of training go by.
 * @param option - that says it, such as `--name`
 * @throws {AppError} USAGE when a manifest takes no such name
 */
export function checkName(option: string, name: string): string {
  if (modelNamePattern.test(name)) return name;
  throw new AppError(
    'USAGE',
    `${option}: expected lower-case letters, digits, ".", "_", "-" but got "${name}"`,
  );
}

/**
 * Checks what a manifest must say in words.
 * @param option - that says it, such as `--licence`
 * @throws {AppError} USAGE when it says nothing
 */
export function checkText(option: string, text: string): string {
  if (text !== '') return text;
  throw new AppError('USAGE', `${option}: expected some words but got none`, {
    cure: `leave ${option} away, and the manifest says "not stated"`,
  });
}
