import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';

/**
 * The folders of unfinished work, one for each attempt. The next attempt takes the folder of the one before over by
 * renaming it: a worker that was lost but still runs then no longer finds its files, so it cannot disturb its
 * successor.
 */
export class WorkFolders {
  private readonly base: string;

  /** @param base - the folder that holds them */
  constructor(base: string) {
    this.base = base;
  }

  /**
   * Makes the folder for an attempt, with the unfinished work of an earlier attempt if there is any.
   * @param token - differs for every attempt
   */
  async open(jobId: string, token: string): Promise<string> {
    await makeFolder(this.base);
    const own = join(this.base, `${jobId}.${createHash('sha256').update(token).digest('hex').slice(0, 16)}`);
    const [newest, ...older] = await this.of(jobId);
    const isTaken = newest !== undefined && (await rename(newest, own).then(yes, no));
    if (isTaken) await removeLocks(own);
    else await mkdir(own);
    for (const folder of older) await rm(folder, { recursive: true, force: true });
    return own;
  }

  /** The folder for the finished parts of a job. */
  partsOf(jobId: string): string {
    return join(this.base, `${jobId}-parts`);
  }

  /** Deletes all folders of a job and of its parts, and the folder that holds them if it is empty then. */
  async remove(jobId: string): Promise<void> {
    const names = await readdir(this.base).catch(() => []);
    const own = names.filter((name) => name.startsWith(`${jobId}.`) || name.startsWith(`${jobId}-part`));
    for (const name of own) await rm(join(this.base, name), { recursive: true, force: true });
    await rmdir(this.base).catch(() => undefined); // others are at work in it
  }

  /** The folders of a job, the newest first. */
  private async of(jobId: string): Promise<string[]> {
    const names = await readdir(this.base).catch(() => []);
    const own = names.filter((name) => name.startsWith(`${jobId}.`)).map((name) => join(this.base, name));
    const times = await Promise.all(
      own.map((path) =>
        stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      ),
    );
    return own
      .map((path, i) => ({ path, time: times[i] ?? 0 }))
      .sort((a, b) => b.time - a.time)
      .map(({ path }) => path);
  }
}

/** The lock of a process says nothing about another machine; the queue says who has the job. */
async function removeLocks(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.endsWith('.partial')) await rm(join(folder, name, 'lock'), { force: true });
}

const yes = (): boolean => true;
/** Another attempt was faster. */
const no = (): boolean => false;
