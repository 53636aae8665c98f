import { parseConfig } from '../../src/config/load-config.ts';
import type { Environment } from '../../src/config/substitute.ts';
import { AppError } from '../../src/errors.ts';

/** The lines of what is wrong with a config's text, without the file's name; empty when nothing is. */
export function faultsOf(text: string, env: Environment = {}): string[] {
  try {
    parseConfig(text, 'c.yaml', env);
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'CONFIG_INVALID') throw error;
    return error.message.split('\n').map((line) => line.replace(/^c\.yaml:/, ''));
  }
}
