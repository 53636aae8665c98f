import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';

/**
 * Reads a file with certificate authorities, PEM.
 * @param setting - its name in the config, for messages
 * @throws {AppError} INPUT_MISSING
 */
export async function readCa(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('INPUT_MISSING', `${setting}: ${file} can't be read (${(error as Error).message})`, {
      cure: 'name the file with the certificate authority of the server, in PEM',
      cause: error,
    });
  }
}
