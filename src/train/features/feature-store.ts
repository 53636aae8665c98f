import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { recordBytes, type RecordShape } from './feature-record.ts';

const shapeSchema = z.object({
  maps: z.array(z.object({ name: z.string(), shape: z.tuple([z.int(), z.int(), z.int()]) })),
  abLength: z.int(),
  embeddingSize: z.int(),
});

const indexSchema = z.object({
  /** of everything that the features depend on */
  fingerprint: z.string(),
  /** one file for each size of picture; `done`: which samples of the source are in it */
  files: z.array(z.object({ name: z.string(), size: z.string(), shape: shapeSchema, records: z.int() })),
  /** how many samples of the source are in, in its order */
  samples: z.int(),
});

type Index = z.infer<typeof indexSchema>;

const indexName = 'features.json';

/** Which record of a store: its file and its place there. */
export interface RecordAddress {
  readonly file: number;
  readonly record: number;
}

/**
 * Features on disk: records of one length a file, so that any can be read by itself. A cache: it can be
 * deleted, and is filled again where filling was broken off.
 */
export class FeatureStore implements AsyncDisposable {
  readonly #dir: string;
  readonly #handles = new Map<string, FileHandle>();
  #index: Index;

  private constructor(dir: string, index: Index) {
    this.#dir = dir;
    this.#index = index;
  }

  /** Opens a store; one with another fingerprint is begun anew. */
  static async open(dir: string, fingerprint: string): Promise<FeatureStore> {
    await mkdir(dir, { recursive: true });
    const path = join(dir, indexName);
    const known = existsSync(path) ? indexSchema.parse(JSON.parse(await readFile(path, 'utf8'))) : undefined;
    const index = known?.fingerprint === fingerprint ? known : { fingerprint, files: [], samples: 0 };
    return new FeatureStore(dir, index);
  }

  /** How many samples of the source are in, in its order. */
  get samples(): number {
    return this.#index.samples;
  }

  /** Records and shape of each file. */
  get files(): readonly { readonly size: string; readonly records: number; readonly shape: RecordShape }[] {
    return this.#index.files;
  }

  /**
   * Appends a packed record; what was not `commit`ted is overwritten by the next run.
   * @param size - which file: all records of one size have one shape
   */
  async append(size: string, shape: RecordShape, record: Uint8Array): Promise<void> {
    let file = this.#index.files.find((one) => one.size === size);
    if (file === undefined) {
      const maps = shape.maps.map(copyMap);
      file = { name: `${size}.features`, size, shape: { ...shape, maps }, records: 0 };
      this.#index.files.push(file);
    }
    const handle = await this.#handle(file.name);
    await handle.write(record, 0, undefined, file.records * recordBytes(file.shape));
    file.records += 1;
  }

  /** Makes what was appended count. @param samples - of the source, so far */
  async commit(samples: number): Promise<void> {
    this.#index.samples = samples;
    for (const handle of this.#handles.values()) await handle.datasync();
    const path = join(this.#dir, indexName);
    await writeFile(`${path}.new`, JSON.stringify(this.#index));
    await rename(`${path}.new`, path);
  }

  /** Reads a record's bytes, for `unpackRecord`; a new buffer the caller owns. */
  async read({ file, record }: RecordAddress): Promise<Buffer> {
    const entry = this.#index.files[file];
    if (entry === undefined)
      throw new RangeError(`expected one of ${this.#index.files.length} files but got ${file}`);
    const length = recordBytes(entry.shape);
    const bytes = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await (await this.#handle(entry.name)).read(bytes, 0, length, record * length);
    if (bytesRead !== length) throw new RangeError(`${entry.name}: record ${record} is cut short`);
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#handles.values()) await handle.close();
  }

  async #handle(name: string): Promise<FileHandle> {
    const known = this.#handles.get(name);
    if (known !== undefined) return known;
    const path = join(this.#dir, name);
    const handle = await open(path, existsSync(path) ? 'r+' : 'w+');
    this.#handles.set(name, handle);
    return handle;
  }
}

function copyMap({ name, shape: [rows, columns, channels] }: RecordShape['maps'][number]): {
  name: string;
  shape: [number, number, number];
} {
  return { name, shape: [rows, columns, channels] };
}
