import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../errors.ts';

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
  checkSize(file, bytes.byteLength);
  checkDigest(file, createHash('sha256').update(bytes).digest('hex'));
  return bytes;
}

/**
 * Proves that a model's file is the right one, without holding it in memory.
 * @throws {AppError} MODEL_INVALID when the file is missing, cut or changed
 */
export async function verifyFile(file: ChecksummedFile): Promise<void> {
  const hash = createHash('sha256');
  try {
    checkSize(file, (await stat(file.path)).size);
    await pipeline(createReadStream(file.path), hash);
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(file.path, error);
  }
  checkDigest(file, hash.digest('hex'));
}

/**
 * Reads a file that belongs to a model.
 * @throws {AppError} MODEL_INVALID when it cannot be read
 */
export async function readModelFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function checkSize(file: ChecksummedFile, bytes: number): void {
  if (bytes !== file.bytes) throw changed(`${file.path}: expected ${file.bytes} bytes but got ${bytes}`);
}

function checkDigest(file: ChecksummedFile, sha256: string): void {
  if (sha256 !== file.sha256) throw changed(`${file.path}: expected sha256 ${file.sha256} but got ${sha256}`);
}

function unreadable(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('MODEL_INVALID', `${path}: expected a readable file but got ${reason}`, {
    cure: 'name a model that `chromafeed models` lists, or a folder that holds model.json and its weights',
    cause,
  });
}

function changed(message: string): AppError {
  return new AppError('MODEL_INVALID', message, {
    cure: 'the file is damaged or is not the one that its description names: restore or fetch it again',
  });
}
