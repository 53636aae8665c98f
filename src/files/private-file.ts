/** Small JSON files that the program keeps for its next run, in a folder that only this user can enter. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { replaceFile } from './replace-file.ts';

/**
 * Reads such a file.
 * @returns undefined when it does not exist
 * @throws the system's error, or the schema's error when the file does not match it
 */
export async function readPrivateFile<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}

/**
 * Writes such a file in one step, and makes its folder if it is missing.
 * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE; the system's error when the folder cannot be made
 */
export async function replacePrivateFile(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, content);
}
