import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { AppError } from '../../errors.ts';
import type { Objects } from '../engine/engine.ts';
import { isEngineFault, storageFault } from '../engine/engine-faults.ts';
import { outputExists } from './folder-store.ts';
import {
  filesName,
  workName,
  type FinishedOutput,
  type FoundOutput,
  type OutputStore,
  type WorkPlace,
} from './output-store.ts';
import { WorkFolders } from './work-folders.ts';

/** The metadata with the job that made an object. */
const jobMetadata = 'chromafeed-job';

/** Results in S3-compatible storage. The work is done in a folder of this machine. */
export class ObjectStore implements OutputStore {
  private readonly objects: Objects;
  private readonly bucket: string;
  private readonly folder: string;
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
    this.objects = objects;
    this.bucket = bucket;
    this.folder = folder;
    this.work = new WorkFolders(localFolder);
  }

  async find(name: string): Promise<FoundOutput | undefined> {
    const found = await explained(this.objects.head(this.bucket, this.key(name)));
    return found && { jobId: found.metadata[jobMetadata] };
  }

  async openWork(jobId: string, token: string): Promise<WorkPlace> {
    const folder = await this.work.open(jobId, token);
    const given = await explained(this.objects.list(this.bucket, `${this.workKey(jobId)}/`));
    if (given.length > 0 && (await readdir(folder)).length === 0) await this.fetchWork(jobId, folder);
    return {
      folder,
      giveBack: () => this.giveBack(jobId, folder),
      remove: () => this.discard(jobId),
    };
  }

  async publish({ path, name, jobId, bytes, overwrite }: FinishedOutput): Promise<void> {
    const key = this.key(name);
    const before = overwrite ? undefined : await this.find(name);
    if (before?.jobId === jobId) return;
    if (before !== undefined) throw outputExists(`s3://${this.bucket}/${key}`);
    try {
      await this.objects.upload(path, {
        bucket: this.bucket,
        key,
        metadata: { [jobMetadata]: jobId },
        isNew: !overwrite,
      });
    } catch (error) {
      const isTaken = isEngineFault(error) && (error.kind === 'exists' || error.kind === 'changed');
      if (!isTaken) throw storageFault(error);
      if ((await this.find(name))?.jobId !== jobId) throw outputExists(`s3://${this.bucket}/${key}`);
    }
    await this.checkSize(key, bytes);
  }

  async discard(jobId: string): Promise<void> {
    await this.removeAll(`${this.workKey(jobId)}/`);
    await this.work.remove(jobId);
  }

  /** Parts are not yet supported: each would have to travel three times. */
  parts(): undefined {
    return undefined;
  }

  async putFile(path: string, sha256: string): Promise<void> {
    const key = this.key(`${workName}/${filesName}/${sha256}`);
    if ((await explained(this.objects.head(this.bucket, key))) !== undefined) return;
    await explained(this.objects.upload(path, { bucket: this.bucket, key }));
  }

  async getFile(sha256: string, path: string): Promise<void> {
    await explained(
      this.objects.download(
        { bucket: this.bucket, key: this.key(`${workName}/${filesName}/${sha256}`) },
        path,
      ),
    );
  }

  async dropFiles(): Promise<void> {
    await this.removeAll(this.key(`${workName}/${filesName}/`));
  }

  private async fetchWork(jobId: string, folder: string): Promise<void> {
    const start = `${this.workKey(jobId)}/`;
    for (const { key } of await explained(this.objects.list(this.bucket, start))) {
      const path = join(folder, ...key.slice(start.length).split('/'));
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await explained(this.objects.download({ bucket: this.bucket, key }, path));
    }
  }

  /** The journal goes last: what it lists is there then. */
  private async giveBack(jobId: string, folder: string): Promise<void> {
    await this.removeAll(`${this.workKey(jobId)}/`);
    const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== 'lock')
      .map((entry) => join(entry.parentPath, entry.name));
    const isJournal = (path: string): boolean => path.endsWith('.jsonl');
    for (const path of [...files.filter((each) => !isJournal(each)), ...files.filter(isJournal)]) {
      const name = relative(folder, path).split(sep).join('/');
      await explained(
        this.objects.upload(path, { bucket: this.bucket, key: `${this.workKey(jobId)}/${name}` }),
      );
    }
    await rm(folder, { recursive: true, force: true });
  }

  private async checkSize(key: string, bytes: number): Promise<void> {
    const found = await explained(this.objects.head(this.bucket, key));
    if (found?.bytes === bytes) return;
    throw new AppError(
      'STORAGE_UNAVAILABLE',
      `s3://${this.bucket}/${key}: expected ${bytes} bytes but the storage has ${found?.bytes ?? 'none'}`,
      { cure: 'the film will be published again; if this repeats, check the storage' },
    );
  }

  private async removeAll(prefix: string): Promise<void> {
    for (const { key } of await explained(this.objects.list(this.bucket, prefix)))
      await explained(this.objects.remove(this.bucket, key));
  }

  private key(name: string): string {
    return this.folder === '' ? name : `${this.folder}/${name}`;
  }

  private workKey(jobId: string): string {
    return this.key(`${workName}/${jobId}`);
  }
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw storageFault(error);
  }
}
