import type { SizePx } from '../../frame.ts';
import { lumaInput } from '../../model/tables/nodes.ts';
import { augment } from '../dataset/pictures/augment.ts';
import type { PicturePlanes } from '../dataset/pictures/picture-planes.ts';
import { packRecord, shapeOf, type RecordShape } from '../features/feature-record.ts';
import type { FrozenPart } from '../features/frozen-part.ts';
import { randomFrom } from '../random.ts';

/** How a camera's pictures become records for training. */
export interface RecordOptions {
  readonly frozen: FrozenPart;
  readonly embedding: Float32Array;
  /** `[256]`, made of the embedding; a frozen part with the fusion needs it */
  readonly condition: Float32Array;
  /** views of each picture: the first as it is, the others varied in light, grain and coding */
  readonly views: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** Records of pictures of one size. */
export interface CameraRecords {
  readonly shape: RecordShape;
  readonly records: readonly Buffer[];
}

/** Strength of the variations: pictures of one camera vary less than photos in general. */
const strength = 0.5;

/**
 * Computes the frozen part for a camera's pictures. The target is their colour at luma's own size. Luma is kept in the
 * record because the scene model needs it.
 */
export async function cameraRecords(
  pictures: readonly PicturePlanes[],
  options: RecordOptions,
): Promise<CameraRecords> {
  const records: Buffer[] = [];
  let shape: RecordShape | undefined;
  for (const [number, picture] of pictures.entries()) {
    for (let view = 0; view < options.views; view++) {
      options.signal.throwIfAborted();
      const random = randomFrom(options.seed, number, view);
      const varied = await augment(picture, random, { strength: view === 0 ? 0 : strength, isFixed: true });
      const [maps] = await options.frozen.run({
        size: varied.size,
        luma: varied.luma,
        conditions: options.condition,
      });
      if (maps === undefined) throw new TypeError('expected features of one picture');
      maps.set(lumaInput, lumaMap(varied.luma, varied.size));
      const record = { maps, ab: varied.ab, embedding: options.embedding };
      shape ??= shapeOf(record);
      records.push(packRecord(record));
    }
    options.onProgress(number + 1);
  }
  if (shape === undefined) throw new RangeError('expected one picture or more');
  return { shape, records };
}

function lumaMap(
  luma: Uint8Array,
  { widthPx, heightPx }: SizePx,
): { shape: [number, number, number]; data: Float32Array } {
  return { shape: [heightPx, widthPx, 1], data: Float32Array.from(luma) };
}
