import { z } from 'zod';
import { shardName } from '../dataset-manifest.ts';
import { groupBy } from '../group-by.ts';
import { refusalReasons, type RefusalReason } from '../pictures/picture-refusal.ts';
import { splits, sizeName, type Split } from './sample.ts';
import { shuffled } from '../split.ts';

/** A picture that will be a sample. */
const plannedSampleSchema = z.strictObject({ key: z.string(), path: z.string() });

const plannedShardSchema = z.strictObject({
  file: shardName,
  split: z.enum(splits),
  size: z.strictObject({ widthPx: z.int(), heightPx: z.int() }),
  samples: z.array(plannedSampleSchema),
});

export const planSchema = z.strictObject({
  shards: z.array(plannedShardSchema),
  refused: z.record(z.enum(refusalReasons), z.int().min(0)),
});

/** A shard to write: its pictures, in order. */
export type PlannedShard = z.infer<typeof plannedShardSchema>;

/** Everything that the survey decided. Only the writing remains. */
export type DatasetPlan = z.infer<typeof planSchema>;

/** A picture that the survey found good. */
export interface ChosenPicture extends z.infer<typeof plannedSampleSchema> {
  readonly split: Split;
  readonly size: PlannedShard['size'];
}

/**
 * Distributes pictures over shards of one shape and split each, in a random order that depends on seed and keys.
 * @param samplesPerShard - at most; a shape's shards are filled evenly
 */
export function planShards(
  pictures: readonly ChosenPicture[],
  seed: number,
  samplesPerShard: number,
): PlannedShard[] {
  return splits.flatMap((split) => {
    const own = pictures.filter((picture) => picture.split === split);
    const byShape = groupBy(
      shuffled(own, seed, ({ key }) => key),
      ({ size }) => sizeName(size),
    );
    const names = [...byShape.keys()].sort();
    const parts = names.flatMap((name) => inEvenParts(byShape.get(name) ?? [], samplesPerShard));
    return parts.flatMap((part, number) => plannedShard(split, number, part));
  });
}

/** No refusals yet. */
export function noRefusals(): Record<RefusalReason, number> {
  return { unreadable: 0, 'too small': 0, gray: 0, 'one tint': 0, 'near-duplicate': 0 };
}

function plannedShard(split: Split, number: number, pictures: readonly ChosenPicture[]): PlannedShard[] {
  const [first] = pictures;
  if (!first) return [];
  return [
    {
      file: `${split}-${String(number).padStart(5, '0')}.tfrecord`,
      split,
      size: first.size,
      samples: pictures.map(({ key, path }) => ({ key, path })),
    },
  ];
}

function inEvenParts<T>(items: readonly T[], most: number): T[][] {
  const count = Math.ceil(items.length / most);
  const bound = (part: number): number => Math.floor((part * items.length) / count);
  return Array.from({ length: count }, (_, part) => items.slice(bound(part), bound(part + 1)));
}
