import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../errors.ts';

/** A file whose size and checksum are known in advance. */
export interface ChecksummedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads a whole file of a model and checks that it is the right one.
 * @returns its bytes; the caller owns them
 * @throws {AppError} MODEL_INVALID when the file is missing, incomplete or changed
 */
export async function readChecked(file: ChecksummedFile): Promise<Buffer> {
  await verifySize(file);
  const bytes = await readModelFile(file.path, file.bytes);
  checkDigest(file, createHash('sha256').update(bytes).digest('hex'));
  return bytes;
}

/** Reading in pieces of the usual 64 KiB takes twice as long. */
const readBytes = 2 ** 20;

/**
 * Checks that a model's file is the right one, without holding it in memory.
 * @throws {AppError} MODEL_INVALID when the file is missing, incomplete or changed
 */
export async function verifyFile(file: ChecksummedFile): Promise<void> {
  const hash = createHash('sha256');
  await verifySize(file);
  try {
    await pipeline(createReadStream(file.path, { highWaterMark: readBytes }), hash);
  } catch (error) {
    throw unreadable(file.path, error);
  }
  checkDigest(file, hash.digest('hex'));
}

/**
 * Reads a file that belongs to a model. Its size is checked first. A pipe or a device is refused, because reading it
 * could block forever.
 * @param maxBytes - most bytes of a valid file
 * @throws {AppError} MODEL_INVALID when it is too large, is not a file or cannot be read
 */
export async function readModelFile(path: string, maxBytes: number): Promise<Buffer> {
  const bytes = await sizeOf(path);
  if (bytes > maxBytes)
    throw new AppError('MODEL_INVALID', `${path}: expected at most ${maxBytes} bytes but got ${bytes}`, {
      cure: 'name the folder of a model; this file is too large to be part of one',
    });
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** @throws {AppError} MODEL_INVALID */
async function verifySize(file: ChecksummedFile): Promise<void> {
  const bytes = await sizeOf(file.path);
  if (bytes !== file.bytes) throw changed(`${file.path}: expected ${file.bytes} bytes but got ${bytes}`);
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!info.isFile()) throw unreadable(path, 'something that is not a file');
  return info.size;
}

function checkDigest(file: ChecksummedFile, sha256: string): void {
  if (sha256 !== file.sha256) throw changed(`${file.path}: expected sha256 ${file.sha256} but got ${sha256}`);
}

function unreadable(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('MODEL_INVALID', `${path}: expected a readable file but got ${reason}`, {
    cure: 'name a model that `chromafeed models` lists, or a folder with model.json and its weights',
    cause,
  });
}

function changed(message: string): AppError {
  return new AppError('MODEL_INVALID', message, {
    cure: 'the file is damaged, or is not the one in the description: restore it, or download it again',
  });
}
