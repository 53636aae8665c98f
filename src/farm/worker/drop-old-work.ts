import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FarmEngine } from '../engine/engine.ts';
import type { Storages } from '../storage/storages.ts';

/** Work on a film that the queue does not know is kept for this long, ms: the queue may have lost its data. */
const keptMs = 7 * 24 * 3600 * 1000;

/**
 * Deletes unfinished work on films in S3-compatible storage from this machine, if another machine has finished the film
 * since, or if nobody has asked for it for a week.
 */
export async function dropOldWork({
  queue,
  storages,
}: {
  readonly queue: FarmEngine;
  readonly storages: Storages;
}): Promise<void> {
  const work = storages.localWork;
  const folders: string[] = [];
  for (const place of await readdir(work).catch(() => []))
    for (const name of await readdir(join(work, place))) folders.push(join(work, place, name));
  const films = await queue.find([...new Set(folders.map(filmOf))]);
  for (const folder of folders) {
    const film = films.get(filmOf(folder));
    const isOver = film === undefined ? await isOld(folder) : film.state === 'finished';
    if (isOver) await rm(folder, { recursive: true, force: true });
  }
}

/** `film-1a2b.TOKEN` and `film-1a2b-part-3c.TOKEN` belong to the film `film-1a2b`. */
function filmOf(folder: string): string {
  return /film-[^/.-]*/.exec(folder.slice(folder.lastIndexOf('/')))?.[0] ?? '';
}

async function isOld(folder: string): Promise<boolean> {
  const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > keptMs;
}
