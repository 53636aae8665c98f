import { stat } from 'node:fs/promises';
import { fingerprintOf, sha256File } from '../../../files/fingerprint.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';

/** Checksums of files that this process has read, by their state. */
const known = new Map<string, string>();
/** More states are forgotten, oldest first. */
const mostKnown = 1024;

/**
 * A checksum of a source's contents, whatever its path is. Each file is read once per process and state.
 * @returns SHA-256, hexadecimal: of the file, or of the list of the checksums of several files
 */
export async function sourceContents({ files }: SourceInput, signal?: AbortSignal): Promise<string> {
  const sums: string[] = [];
  for (const path of files) sums.push(await contentsOf(path, signal));
  const [only] = sums;
  return sums.length === 1 && only !== undefined ? only : fingerprintOf(sums);
}

async function contentsOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const state = [path, dev, ino, size, mtimeNs, ctimeNs].join(' ');
  const sum = known.get(state) ?? (await sha256File(path, signal));
  known.delete(state);
  known.set(state, sum);
  const [oldest] = known.keys();
  if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
  return sum;
}
