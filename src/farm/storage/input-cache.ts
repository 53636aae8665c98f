import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { fingerprintOf } from '../../files/fingerprint.ts';
import { writeFailure } from '../../files/write-failure.ts';
import { storageFault } from '../engine/engine-faults.ts';
import type { Objects } from '../engine/engine.ts';

/** A film in S3-compatible storage. */
export interface ObjectFilm {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
}

/** Films that were fetched, in a folder of this machine, so that a worker reads each only once. */
export class InputCache {
  private readonly folder: string;
  private readonly mostBytes: number;
  /** Folders of films that are being coloured. */
  private readonly inUse = new Set<string>();

  /** @param mostBytes - older films are deleted when the folder would become larger */
  constructor(folder: string, mostBytes: number) {
    this.folder = folder;
    this.mostBytes = mostBytes;
  }

  /**
   * Fetches a film, unless it is there.
   * @returns its path, and what releases it
   * @throws {AppError} INPUT_MISSING when the object has changed, STORAGE_UNAVAILABLE, DISK_FULL
   */
  async fetch(objects: Objects, film: ObjectFilm): Promise<{ path: string } & Disposable> {
    const { bucket, key, etag, bytes } = film;
    const own = join(this.folder, fingerprintOf([bucket, key, etag]).slice(0, 32));
    const path = join(own, key.split('/').at(-1) ?? 'film');
    this.inUse.add(own);
    const handle = { path, [Symbol.dispose]: () => void this.inUse.delete(own) };
    try {
      if ((await sizeOf(path)) !== bytes) {
        await this.makeRoom(bytes);
        await download(objects, film, path, own);
      }
      await utimes(own, new Date(), new Date());
      return handle;
    } catch (error) {
      handle[Symbol.dispose]();
      if (error instanceof AppError) throw error;
      const fault = storageFault(error);
      throw fault instanceof AppError ? fault : writeFailure(this.folder, error);
    }
  }

  /** Deletes the films that were not needed for longest, until another one fits. */
  private async makeRoom(bytes: number): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const folders = await Promise.all(
      (await readdir(this.folder)).map(async (name) => {
        const path = join(this.folder, name);
        const sizes = await Promise.all((await readdir(path)).map((file) => sizeOf(join(path, file))));
        return {
          path,
          ms: (await stat(path)).mtimeMs,
          bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
        };
      }),
    );
    let total = bytes + folders.reduce((sum, each) => sum + each.bytes, 0);
    for (const each of folders.sort((a, b) => a.ms - b.ms)) {
      if (total <= this.mostBytes) return;
      if (this.inUse.has(each.path)) continue;
      await rm(each.path, { recursive: true, force: true });
      total -= each.bytes;
    }
  }
}

async function download(objects: Objects, film: ObjectFilm, path: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const partial = `${path}.part-${process.pid}`;
  await rm(partial, { force: true });
  try {
    await objects.download(film, partial);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
