import { AppError } from '../errors.ts';

/**
 * Why a file of training could not be written.
 * @param dir - that it was to be in
 * @param error - the system's
 */
export function writeFailure(dir: string, error: unknown): AppError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AppError('DISK_FULL', `${dir}: the disk is full; what was finished before is kept`, {
      cure: 'free some space and repeat the command: it goes on where it stopped',
      cause: error,
    });
  return new AppError('OUTPUT_UNWRITABLE', `${dir}: can't be written (${message})`, {
    cure: 'choose another folder, or correct its permissions',
    cause: error,
  });
}
