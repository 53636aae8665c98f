import { parseConfig } from '../../src/config/load-config.ts';
import type { Environment } from '../../src/config/substitute.ts';
import { AppError } from '../../src/errors.ts';

/** The lines of a config's faults, without the file's name; empty if it has none. */
export function faultsOf(text: string, env: Environment = {}): string[] {
  try {
    parseConfig(text, 'c.yaml', env);
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'CONFIG_INVALID') throw error;
    return error.message.split('\n').map((line) => line.replace(/^c\.yaml:/, ''));
  }
}
