import { AppError } from '../errors.ts';

/** What a user is told of a file that could not be written. */
export interface WriteWords {
  /** what of the work stays when the disk is full */
  readonly kept: string;
  /** what to do when the disk is full */
  readonly cureFull: string;
  /** what to do about anything else */
  readonly cure: string;
}

/** Whether the system refused to write for want of space, or beyond a quota. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * Why a file could not be written: DISK_FULL or OUTPUT_UNWRITABLE.
 * @param path - of the file, or of its folder
 * @param cause - the system's error
 */
export function writeFailure(path: string, cause: unknown, words: WriteWords): AppError {
  if (!isDiskFull(cause)) return unwritable(path, cause, words.cure);
  return new AppError('DISK_FULL', `${path}: the disk is full; ${words.kept}`, {
    cure: words.cureFull,
    cause,
  });
}

/** OUTPUT_UNWRITABLE with what the system said. */
export function unwritable(path: string, cause: unknown, cure: string): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('OUTPUT_UNWRITABLE', `${path}: can't be written (${reason})`, { cure, cause });
}
