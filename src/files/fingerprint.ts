import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/**
 * A sum over facts: equal ones have equal sums.
 * @param facts - what JSON can say; the order of keys counts
 * @returns SHA-256, hexadecimal
 */
export function fingerprintOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** SHA-256 of a file, hexadecimal. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
