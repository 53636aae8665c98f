import type { ObjectInfo, Objects } from '../engine/engine.ts';
import { storageFault } from '../engine/engine-faults.ts';

/** An object of a folder. */
export interface FolderObject {
  /** The rest of its key after the folder's. */
  readonly name: string;
  readonly bytes: number;
}

/**
 * The objects of a bucket whose keys have a common start. All methods throw INPUT_MISSING when an object or the bucket
 * is missing, and STORAGE_UNAVAILABLE.
 */
export class ObjectFolder {
  private readonly objects: Objects;
  private readonly bucket: string;
  private readonly folder: string;

  /** @param folder - the common start of the keys, without a slash at its end; empty: the whole bucket */
  constructor(objects: Objects, bucket: string, folder: string) {
    this.objects = objects;
    this.bucket = bucket;
    this.folder = folder;
  }

  /** A folder in this one. */
  inside(name: string): ObjectFolder {
    return new ObjectFolder(this.objects, this.bucket, this.key(name));
  }

  /** The address of an object, for messages. */
  address(name: string): string {
    return `s3://${this.bucket}/${this.key(name)}`;
  }

  /** @returns undefined if there is no such object */
  head(name: string): Promise<ObjectInfo | undefined> {
    return explained(this.objects.head(this.bucket, this.key(name)));
  }

  /** @param start - of the names */
  async list(start = ''): Promise<FolderObject[]> {
    const found = await explained(this.objects.list(this.bucket, this.key(start)));
    return found.map(({ key, bytes }) => ({ name: key.slice(this.key('').length), bytes }));
  }

  /** Reads a short text. @returns undefined if there is no such object */
  readText(name: string): Promise<string | undefined> {
    return explained(this.objects.readText(this.bucket, this.key(name)));
  }

  /** Writes a short text; it appears in one step. */
  writeText(name: string, text: string): Promise<void> {
    return explained(this.objects.writeText(this.bucket, this.key(name), text));
  }

  /** Writes an object into a new file. */
  download(name: string, path: string): Promise<void> {
    return explained(this.objects.download({ bucket: this.bucket, key: this.key(name) }, path));
  }

  /** Writes a file; the object appears when it is complete. */
  upload(path: string, name: string): Promise<void> {
    return explained(this.objects.upload(path, { bucket: this.bucket, key: this.key(name) }));
  }

  /** As `upload`, with metadata. @throws EngineError of the kind `exists` or `changed` if `isNew` and there is one */
  uploadWith(
    path: string,
    name: string,
    more: { readonly metadata: Readonly<Record<string, string>>; readonly isNew: boolean },
  ): Promise<void> {
    return this.objects.upload(path, { bucket: this.bucket, key: this.key(name), ...more });
  }

  remove(name: string): Promise<void> {
    return explained(this.objects.remove(this.bucket, this.key(name)));
  }

  /** Removes all objects whose names have this start. */
  async removeAll(start: string): Promise<void> {
    for (const { name } of await this.list(start)) await this.remove(name);
  }

  private key(name: string): string {
    return this.folder === '' ? name : `${this.folder}/${name}`;
  }
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw storageFault(error);
  }
}
