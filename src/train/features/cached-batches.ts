import { abGrid } from './ab-grid.ts';
import type { BatchSource, FeatureArray, Batch } from '../learn/batch.ts';
import { randomFrom, shuffle } from '../random.ts';
import { unpackRecord, type RecordShape } from './feature-record.ts';
import type { FeatureStore, RecordAddress } from './feature-store.ts';

export interface CachedBatchesOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** luma pixels that one cell of the network's answer spans */
  readonly stride: number;
}

/** Batches of features from a store, each of one size, in a new random order each epoch. */
export class CachedBatches implements BatchSource {
  readonly #store: FeatureStore;
  readonly #options: CachedBatchesOptions;
  readonly #addresses: readonly (readonly RecordAddress[])[];

  constructor(store: FeatureStore, options: CachedBatchesOptions) {
    this.#store = store;
    this.#options = options;
    this.#addresses = store.files.map(({ records }, file) =>
      Array.from({ length: records }, (_, record) => ({ file, record })),
    );
  }

  get samplesPerEpoch(): number {
    return this.#addresses.reduce((sum, { length }) => sum + length, 0);
  }

  get batchesPerEpoch(): number {
    const { batchSize } = this.#options;
    return this.#addresses.reduce((sum, { length }) => sum + Math.ceil(length / batchSize), 0);
  }

  async *batches(epoch: number, skip: number): AsyncGenerator<Batch> {
    const plan = this.#plan(epoch).slice(skip);
    // The next batch is read while the trainer learns from this one.
    let coming = this.#read(plan[0]);
    for (let i = 0; i < plan.length; i++) {
      const batch = await coming;
      coming = this.#read(plan[i + 1]);
      coming.catch(() => undefined); // the consumer awaits it and sees the error
      if (batch !== undefined) yield batch;
    }
  }

  #plan(epoch: number): (readonly RecordAddress[])[] {
    const { uniform } = randomFrom(this.#options.seed, epoch);
    const batches = this.#addresses.flatMap((addresses) =>
      chunks(shuffle([...addresses], uniform), this.#options.batchSize),
    );
    return shuffle(batches, uniform);
  }

  async #read(addresses: readonly RecordAddress[] | undefined): Promise<Batch | undefined> {
    const file = this.#store.files[addresses?.[0]?.file ?? -1];
    if (addresses === undefined || file === undefined) return undefined;
    const records = await Promise.all(addresses.map((address) => this.#store.read(address)));
    return assemble(records, file.shape, abGrid(file.size, this.#options.stride));
  }
}

/**
 * Joins records of one shape into a batch.
 * @param grid - rows and columns of their a*, b*
 */
export function assemble(
  records: readonly Buffer[],
  shape: RecordShape,
  grid: readonly [number, number],
): Batch {
  const count = records.length;
  const features = new Map(shape.maps.map(({ name, shape: map }) => [name, emptyValue(count, map)]));
  const embeddings = new Float32Array(count * shape.embeddingSize);
  const ab = new Int8Array(count * shape.abLength);
  records.forEach((record, i) => {
    const into = new Map([...features].map(([name, value]) => [name, partOf(value, i)]));
    const one = unpackRecord(record, shape, into);
    ab.set(one.ab, i * shape.abLength);
    embeddings.set(one.embedding, i * shape.embeddingSize);
  });
  return { count, features, embeddings, ab, grid };
}

function emptyValue(
  count: number,
  [rows, columns, channels]: readonly [number, number, number],
): FeatureArray {
  return {
    shape: [count, rows, columns, channels],
    data: new Float32Array(count * rows * columns * channels),
  };
}

function partOf({ shape: [count], data }: FeatureArray, index: number): Float32Array {
  const length = data.length / count;
  return data.subarray(index * length, (index + 1) * length);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
