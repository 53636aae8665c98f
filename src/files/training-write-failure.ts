import type { AppError } from '../errors.ts';
import { writeFailure as failure } from './write-failure.ts';

/**
 * Why a file of training could not be written.
 * @param dir - that it was to be in
 * @param error - the system's
 */
export function writeFailure(dir: string, error: unknown): AppError {
  return failure(dir, error, {
    kept: 'what was finished before is kept',
    cureFull: 'free some space and repeat the command: it goes on where it stopped',
    cure: 'choose another folder, or correct its permissions',
  });
}
