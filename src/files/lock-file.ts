import { open, readFile, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { isRunning, startOf } from './is-running.ts';
import { parseJson } from './parse-json.ts';

const lockSchema = z.object({ pid: z.int().min(1), started: z.string() });

/**
 * Takes a lock: a file with the number of this process. The lock of a process that has ended does not count.
 * @param path - of the lock file
 * @param what - name of the locked thing, for the message
 * @returns the lock; its disposal removes the file
 * @throws {AppError} OUTPUT_EXISTS when a running process has the lock
 */
export async function lockFile(path: string, what: string): Promise<AsyncDisposable> {
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '' });
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path, own)) return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    const holder = await holderOf(path);
    if (holder !== undefined) throw inUse(what, holder);
    await removeStale(path);
  }
  throw inUse(what, undefined);
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(content);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The running process that holds the lock. */
async function holderOf(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const parsed = lockSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { pid, started } = parsed.data;
  return isRunning(pid) && (startOf(pid) ?? started) === started ? pid : undefined;
}

/** Moves a stale lock aside first: if two processes find it, one moves it, and the other one notices. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}-${Date.now()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another process was faster
  }
  if ((await holderOf(aside)) === undefined) await rm(aside, { force: true });
  else await rename(aside, path);
}

function inUse(what: string, pid: number | undefined): AppError {
  const who = pid === undefined ? 'another run' : `another run (process ${pid})`;
  return new AppError('OUTPUT_EXISTS', `${what}: ${who} is working on it`, {
    cure: 'wait until it ends, or name another output with -o',
  });
}
