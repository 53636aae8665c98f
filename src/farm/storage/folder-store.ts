import { copyFile, link, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { syncPath } from '../../files/sync-path.ts';
import { writeFailure } from '../../files/write-failure.ts';
import { fingerprintOfFilm } from '../../stream/film/resume/finished-film.ts';
import {
  filesName,
  workName,
  type FinishedOutput,
  type FoundOutput,
  type OutputStore,
  type PartsStore,
  type WorkPlace,
} from './output-store.ts';
import { PartsFolder } from './parts-folder.ts';
import { WorkFolders } from './work-folders.ts';

/** Results in a folder of a shared disk. */
export class FolderStore implements OutputStore {
  private readonly folder: string;
  private readonly work: WorkFolders;
  private readonly files: string;

  /** @param folder - its path on this machine */
  constructor(folder: string) {
    this.folder = folder;
    this.work = new WorkFolders(join(folder, workName));
    this.files = join(folder, workName, filesName);
  }

  async find(name: string): Promise<FoundOutput | undefined> {
    const path = join(this.folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return undefined;
    const isFilm = found.isFile() && found.size > 0;
    return { jobId: isFilm ? await fingerprintOfFilm(path, new AbortController().signal) : undefined };
  }

  async openWork(jobId: string, token: string): Promise<WorkPlace> {
    try {
      return {
        folder: await this.work.open(jobId, token),
        giveBack: () => Promise.resolve(), // every worker sees this folder
        remove: () => this.work.remove(jobId),
      };
    } catch (error) {
      throw writeFailure(this.folder, error);
    }
  }

  async publish(finished: FinishedOutput): Promise<void> {
    const target = join(this.folder, finished.name);
    try {
      await makeFolder(dirname(target));
      await syncPath(finished.path);
      if (finished.overwrite) await rename(finished.path, target);
      else await this.publishNew(finished, target);
      await syncPath(dirname(target));
    } catch (error) {
      throw error instanceof AppError ? error : writeFailure(dirname(target), error);
    }
  }

  discard(jobId: string): Promise<void> {
    return this.work.remove(jobId);
  }

  parts(jobId: string): PartsStore {
    return new PartsFolder(this.work.partsOf(jobId));
  }

  async putFile(path: string, sha256: string): Promise<void> {
    const target = join(this.files, sha256);
    if ((await stat(target).catch(() => undefined)) !== undefined) return;
    try {
      await makeFolder(this.files);
      const partial = `${target}.${process.pid}`;
      await copyFile(path, partial);
      await rename(partial, target);
    } catch (error) {
      throw writeFailure(this.files, error);
    }
  }

  async getFile(sha256: string, path: string): Promise<void> {
    const source = join(this.files, sha256);
    await copyFile(source, path).catch((error: unknown) => {
      throw new AppError('INPUT_MISSING', `${source}: can't be read (${(error as Error).message})`, {
        cure: 'submit the film again: its model is then stored again',
        cause: error,
      });
    });
  }

  async dropFiles(): Promise<void> {
    await rm(this.files, { recursive: true, force: true });
    await rmdir(dirname(this.files)).catch(() => undefined); // others are at work in it
  }

  /** A link fails if the name is taken, a rename would replace the file. */
  private async publishNew({ path, name, jobId }: FinishedOutput, target: string): Promise<void> {
    try {
      await link(path, target);
      await unlink(path);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' && !withoutLinks.has(code)) throw error;
      const found = await this.find(name);
      if (found === undefined) await rename(path, target);
      else if (found.jobId !== jobId) throw outputExists(target);
    }
  }
}

/** What file systems without hard links answer. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** An output that is not this job's, and may not be replaced. */
export function outputExists(target: string): AppError {
  return new AppError(
    'OUTPUT_EXISTS',
    `${target} exists, and was made with other settings or by another program`,
    {
      cure: 'submit the film with -y to replace it, or to another folder',
    },
  );
}
