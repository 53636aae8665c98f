import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { AppError } from '../../errors.ts';
import type { Objects } from '../engine/engine.ts';
import { isEngineFault, storageFault } from '../engine/engine-faults.ts';
import { outputExists } from './folder-store.ts';
import { ObjectFolder } from './object-folder.ts';
import {
  filesName,
  workName,
  type FinishedOutput,
  type FoundOutput,
  type OutputStore,
  type PartsStore,
  type WorkPlace,
} from './output-store.ts';
import { copiesName, PartsObjects } from './parts-objects.ts';
import { planName } from './stored-plan.ts';
import { WorkFolders } from './work-folders.ts';

/** The metadata with the job that made an object. */
const jobMetadata = 'chromafeed-job';

/** Results in S3-compatible storage. The work is done in a folder of this machine. */
export class ObjectStore implements OutputStore {
  private readonly results: ObjectFolder;
  /** Unfinished work that was given back, and the finished parts of films. */
  private readonly shared: ObjectFolder;
  private readonly work: WorkFolders;

  /** @param place - `folder`: the common start of the keys, without a slash at its end */
  constructor(
    objects: Objects,
    {
      bucket,
      folder,
      localFolder,
    }: { readonly bucket: string; readonly folder: string; readonly localFolder: string },
  ) {
    this.results = new ObjectFolder(objects, bucket, folder);
    this.shared = this.results.inside(workName);
    this.work = new WorkFolders(localFolder);
  }

  async find(name: string): Promise<FoundOutput | undefined> {
    const found = await this.results.head(name);
    return found && { jobId: found.metadata[jobMetadata] };
  }

  async openWork(jobId: string, token: string): Promise<WorkPlace> {
    const folder = await this.work.open(jobId, token);
    const given = await this.shared.list(`${jobId}/`);
    if (given.length > 0 && (await readdir(folder)).length === 0) await this.fetchWork(jobId, folder);
    return {
      folder,
      giveBack: () => this.giveBack(jobId, folder),
      remove: () => this.discard(jobId),
    };
  }

  async publish({ path, name, jobId, bytes, overwrite }: FinishedOutput): Promise<void> {
    const before = overwrite ? undefined : await this.find(name);
    if (before?.jobId === jobId) return;
    if (before !== undefined) throw outputExists(this.results.address(name));
    try {
      await this.results.uploadWith(path, name, { metadata: { [jobMetadata]: jobId }, isNew: !overwrite });
    } catch (error) {
      const isTaken = isEngineFault(error) && (error.kind === 'exists' || error.kind === 'changed');
      if (!isTaken) throw storageFault(error);
      if ((await this.find(name))?.jobId !== jobId) throw outputExists(this.results.address(name));
    }
    await this.checkSize(name, bytes);
  }

  /** The plan goes first: a worker that still uploads a part sees then that nobody needs it. */
  async discard(jobId: string): Promise<void> {
    await this.shared.remove(`${partsOf(jobId)}/${planName}`);
    await this.shared.removeAll(`${jobId}/`);
    await this.shared.removeAll(`${jobId}-part`);
    await this.work.remove(jobId);
  }

  parts(jobId: string): PartsStore {
    return new PartsObjects(this.shared.inside(partsOf(jobId)));
  }

  async putFile(path: string, sha256: string): Promise<void> {
    const name = `${filesName}/${sha256}`;
    if ((await this.shared.head(name)) === undefined) await this.shared.upload(path, name);
  }

  getFile(sha256: string, path: string): Promise<void> {
    return this.shared.download(`${filesName}/${sha256}`, path);
  }

  dropFiles(): Promise<void> {
    return this.shared.removeAll(`${filesName}/`);
  }

  private async fetchWork(jobId: string, folder: string): Promise<void> {
    const start = `${jobId}/`;
    for (const { name } of await this.shared.list(start)) {
      const path = join(folder, ...name.slice(start.length).split('/'));
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await this.shared.download(name, path);
    }
  }

  /** The journal goes last: what it lists is there then. Copies of finished parts are there anyway. */
  private async giveBack(jobId: string, folder: string): Promise<void> {
    await this.shared.removeAll(`${jobId}/`);
    const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== 'lock')
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((name) => !name.startsWith(`${copiesName}/`));
    const isJournal = (name: string): boolean => name.endsWith('.jsonl');
    for (const name of [...names.filter((each) => !isJournal(each)), ...names.filter(isJournal)])
      await this.shared.upload(join(folder, name), `${jobId}/${name}`);
    await rm(folder, { recursive: true, force: true });
  }

  private async checkSize(name: string, bytes: number): Promise<void> {
    const found = await this.results.head(name);
    if (found?.bytes === bytes) return;
    throw new AppError(
      'STORAGE_UNAVAILABLE',
      `${this.results.address(name)}: expected ${bytes} bytes but the storage has ${found?.bytes ?? 'none'}`,
      { cure: 'the film will be published again; if this repeats, check the storage' },
    );
  }
}

/** The folder for the plan and the finished parts of a film. */
function partsOf(jobId: string): string {
  return `${jobId}-parts`;
}
