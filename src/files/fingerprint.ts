import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/**
 * A checksum of facts: equal facts have equal checksums.
 * @param facts - values for JSON; the order of keys matters
 * @returns SHA-256, hexadecimal
 */
export function fingerprintOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Read at a time: larger pieces take less processor time per byte. */
const readBytes = 2 ** 20;

/** SHA-256 of a file, hexadecimal. @param signal - stops the reading, which then throws the signal's reason */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: readBytes })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
