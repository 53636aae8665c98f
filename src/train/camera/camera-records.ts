import { lumaInput } from '../../model/tables/nodes.ts';
import { augment } from '../dataset/pictures/augment.ts';
import type { PicturePlanes } from '../dataset/pictures/picture-planes.ts';
import { sizeName } from '../dataset/shards/sample.ts';
import { packRecord, shapeOf, type FeatureRecord, type RecordShape } from '../features/feature-record.ts';
import type { FeatureStore } from '../features/feature-store.ts';
import type { FrozenPart } from '../features/frozen-part.ts';
import { lumaMap } from '../features/luma-map.ts';
import { randomFrom } from '../random.ts';

/** How a camera's pictures become records for training. */
export interface RecordOptions {
  readonly frozen: FrozenPart;
  readonly embedding: Float32Array;
  /** `[256]`, computed from the embedding; a frozen part with the fusion needs it */
  readonly condition: Float32Array;
  /** views of each picture: the first is unchanged, the others vary in light, grain and coding */
  readonly views: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** keeps the records; pictures that are in it already are not computed again */
  readonly store: FeatureStore;
  readonly onProgress: (done: number) => void;
}

/** Records of pictures of one size. */
export interface CameraRecords {
  readonly shape: RecordShape;
  readonly records: readonly Buffer[];
}

/** Strength of the variations: pictures of one camera vary less than photos in general. */
const strength = 0.5;

/** Pictures between two commits. An interrupted run repeats at most this many. */
const commitEvery = 8;

/**
 * Computes the frozen part for a camera's pictures. The target is their colour at the size of the luma. Luma is kept in
 * the record because the scene model needs it.
 */
export async function cameraRecords(
  pictures: readonly PicturePlanes[],
  options: RecordOptions,
): Promise<CameraRecords> {
  const { store, views, signal, onProgress } = options;
  for (const [number, picture] of [...pictures.entries()].slice(store.samples)) {
    for (let view = 0; view < views; view++) {
      signal.throwIfAborted();
      const record = await viewRecord(picture, { number, view }, options);
      await store.append(sizeName(picture.size), shapeOf(record), packRecord(record));
    }
    if ((number + 1) % commitEvery === 0 || number + 1 === pictures.length) await store.commit(number + 1);
    onProgress(number + 1);
  }
  return storedRecords(store);
}

/** All records of a store whose pictures have one size. */
async function storedRecords(store: FeatureStore): Promise<CameraRecords> {
  const [file] = store.files;
  if (file === undefined) throw new RangeError('expected one picture or more');
  const records: Buffer[] = [];
  for (let record = 0; record < file.records; record++) records.push(await store.read({ file: 0, record }));
  return { shape: file.shape, records };
}

/** Computes the record of one view of a picture. */
export async function viewRecord(
  picture: PicturePlanes,
  { number, view }: { readonly number: number; readonly view: number },
  { frozen, condition, embedding, seed }: Omit<RecordOptions, 'onProgress'>,
): Promise<FeatureRecord> {
  const random = randomFrom(seed, number, view);
  const varied = await augment(picture, random, { strength: view === 0 ? 0 : strength, isFixed: true });
  const [maps] = await frozen.run({ size: varied.size, luma: varied.luma, conditions: condition });
  if (maps === undefined) throw new TypeError('expected features of one picture');
  maps.set(lumaInput, lumaMap(varied.luma, varied.size));
  return { maps, ab: varied.ab, embedding };
}
