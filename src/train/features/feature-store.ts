import { existsSync } from 'node:fs';
import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { writeFailure } from '../../files/write-failure.ts';
import { recordBytes, type RecordShape } from './feature-record.ts';

const count = z.int().min(0);
const side = z.int().min(1);

const shapeSchema = z.strictObject({
  maps: z.array(z.strictObject({ name: z.string(), shape: z.tuple([side, side, side]) })),
  abLength: count,
  embeddingSize: count,
});

const indexSchema = z.strictObject({
  /** of everything that the features depend on */
  fingerprint: z.string(),
  /** one file for each size of picture; a name never leads out of the folder */
  files: z.array(
    z.strictObject({
      name: z.string().regex(/^\d+x\d+\.features$/),
      size: z.string().regex(/^\d+x\d+$/),
      shape: shapeSchema,
      records: count,
    }),
  ),
  /** how many samples of the source are stored, in its order */
  samples: count,
});

type Index = z.infer<typeof indexSchema>;

const indexName = 'features.json';
/** How many characters of a fingerprint tell the stores of a folder apart. */
const nameLength = 16;

/** A record of a store: its file, and its number in it. */
export interface RecordAddress {
  readonly file: number;
  readonly record: number;
}

/**
 * Features on disk. All records of a file have one length, so that each can be read by itself. The store is a cache: it
 * can be deleted, and an interrupted fill resumes. Features of different fingerprints lie in different folders.
 */
export class FeatureStore implements AsyncDisposable {
  readonly #dir: string;
  readonly #handles = new Map<string, Promise<FileHandle>>();
  #index: Index;

  private constructor(dir: string, index: Index) {
    this.#dir = dir;
    this.#index = index;
  }

  /**
   * Opens the store of a fingerprint; a damaged store starts empty.
   * @param folder - may hold stores of other fingerprints, which stay as they are
   * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE
   */
  static async open(folder: string, fingerprint: string): Promise<FeatureStore> {
    const dir = join(folder, fingerprint.slice(0, nameLength));
    try {
      await makeFolder(dir);
      const known = await readIndex(dir);
      if (known?.fingerprint === fingerprint && (await isWhole(dir, known)))
        return new FeatureStore(dir, known);
      // Its records will be overwritten, so the index must not list them any more.
      await rm(join(dir, indexName), { force: true });
    } catch (error) {
      throw writeFailure(dir, error);
    }
    return new FeatureStore(dir, { fingerprint, files: [], samples: 0 });
  }

  /** How many samples of the source are stored, in its order. */
  get samples(): number {
    return this.#index.samples;
  }

  /** Records and shape of each file. */
  get files(): readonly { readonly size: string; readonly records: number; readonly shape: RecordShape }[] {
    return this.#index.files;
  }

  /**
   * Appends a packed record; the next run overwrites what was not `commit`ted.
   * @param size - names the file: all records of one size have one shape
   * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE
   */
  async append(size: string, shape: RecordShape, record: Uint8Array): Promise<void> {
    let file = this.#index.files.find((one) => one.size === size);
    if (file === undefined) {
      const maps = shape.maps.map(copyMap);
      file = { name: `${size}.features`, size, shape: { ...shape, maps }, records: 0 };
      this.#index.files.push(file);
    }
    try {
      const handle = await this.#handle(file.name);
      await handle.write(record, 0, undefined, file.records * recordBytes(file.shape));
    } catch (error) {
      throw writeFailure(this.#dir, error);
    }
    file.records += 1;
  }

  /**
   * Adds the appended records to the index.
   * @param samples - samples of the source so far
   * @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE
   */
  async commit(samples: number): Promise<void> {
    this.#index.samples = samples;
    try {
      for (const handle of this.#handles.values()) await (await handle).datasync();
    } catch (error) {
      throw writeFailure(this.#dir, error);
    }
    await replaceFile(join(this.#dir, indexName), JSON.stringify(this.#index));
  }

  /**
   * Reads a record's bytes, for `unpackRecord`; a new buffer the caller owns.
   * @throws {AppError} INPUT_DAMAGED if its file has been cut
   */
  async read({ file, record }: RecordAddress): Promise<Buffer> {
    const entry = this.#index.files[file];
    if (entry === undefined)
      throw new RangeError(`expected one of ${this.#index.files.length} files but got ${file}`);
    const length = recordBytes(entry.shape);
    const bytes = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await (await this.#handle(entry.name)).read(bytes, 0, length, record * length);
    if (bytesRead === length) return bytes;
    throw new AppError(
      'INPUT_DAMAGED',
      `${join(this.#dir, entry.name)}: expected ${length} bytes of record ${record} but the file ends after ${bytesRead}`,
      { cure: 'repeat the command: it computes the missing features again' },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#handles.values()) await (await handle).close();
  }

  /** The promise is stored immediately, because several reads may come at the same time. */
  #handle(name: string): Promise<FileHandle> {
    const path = join(this.#dir, name);
    const handle = this.#handles.get(name) ?? open(path, existsSync(path) ? 'r+' : 'w+');
    this.#handles.set(name, handle);
    return handle;
  }
}

async function readIndex(dir: string): Promise<Index | undefined> {
  const path = join(dir, indexName);
  if (!existsSync(path)) return undefined;
  try {
    return indexSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined; // it is a cache: damaged features are computed again
  }
}

/** Whether each file has the records that the index promises. */
async function isWhole(dir: string, { files }: Index): Promise<boolean> {
  const sizes = await Promise.all(
    files.map(({ name }) =>
      stat(join(dir, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return files.every(({ records, shape }, i) => (sizes[i] ?? 0) >= records * recordBytes(shape));
}

function copyMap({ name, shape: [rows, columns, channels] }: RecordShape['maps'][number]): {
  name: string;
  shape: [number, number, number];
} {
  return { name, shape: [rows, columns, channels] };
}
