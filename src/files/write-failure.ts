import { AppError } from '../errors.ts';

/** Advice for the user about a file that could not be written. */
export interface WriteAdvice {
  /** What is kept if the disk is full. */
  readonly kept: string;
  /** What to do if the disk is full. */
  readonly cureFull: string;
  /** What to do about any other failure. */
  readonly cure: string;
}

/** Advice for work that resumes when the command is repeated. */
const resumableAdvice: WriteAdvice = {
  kept: 'what was finished before is kept',
  cureFull: 'free some space and repeat the command: it resumes where it stopped',
  cure: 'choose another folder, or correct its permissions',
};

/** Whether the system refused to write because the disk is full or a quota is exhausted. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * Says why a file could not be written: DISK_FULL or OUTPUT_UNWRITABLE.
 * @param path - of the file, or of its folder
 * @param cause - the system's error
 * @param advice - default: for work that resumes when the command is repeated
 */
export function writeFailure(path: string, cause: unknown, advice: WriteAdvice = resumableAdvice): AppError {
  if (!isDiskFull(cause)) return unwritable(path, cause, advice.cure);
  return new AppError('DISK_FULL', `${path}: the disk is full; ${advice.kept}`, {
    cure: advice.cureFull,
    cause,
  });
}

/** Makes OUTPUT_UNWRITABLE with the system's reason. */
export function unwritable(path: string, cause: unknown, cure: string): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('OUTPUT_UNWRITABLE', `${path}: can't be written (${reason})`, { cure, cause });
}
