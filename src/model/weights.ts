import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';

/** A file of which size and checksum are known beforehand. */
export interface ChecksummedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads a model's file whole and proves that it is the right one.
 * @returns its bytes; the caller owns them
 * @throws {AppError} MODEL_INVALID when the file is missing, cut or changed
 */
export async function readChecked(file: ChecksummedFile): Promise<Buffer> {
  const bytes = await readModelFile(file.path);
  if (bytes.byteLength !== file.bytes)
    throw changed(`${file.path}: expected ${file.bytes} bytes but got ${bytes.byteLength}`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== file.sha256) throw changed(`${file.path}: expected sha256 ${file.sha256} but got ${sha256}`);
  return bytes;
}

/**
 * Reads a file that belongs to a model.
 * @throws {AppError} MODEL_INVALID when it cannot be read
 */
export async function readModelFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('MODEL_INVALID', `${path}: expected a readable file but got ${reason}`, {
      cure: 'name a model that `chromafeed models` lists, or a folder that holds model.json and its weights',
      cause,
    });
  }
}

function changed(message: string): AppError {
  return new AppError('MODEL_INVALID', message, {
    cure: 'the file is damaged or is not the one that the manifest describes: restore or fetch it again',
  });
}
