import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { priorSchema } from './prior.ts';
import { refusalReasons } from './pictures/picture-refusal.ts';
import { splits } from './shards/sample.ts';

/** Name of the file that makes a folder of shards a set. */
export const manifestName = 'manifest.json';

const sizeSchema = z.strictObject({ widthPx: z.int().min(8), heightPx: z.int().min(8) });

/** A name in the set's folder; it never leads out of it. */
export const shardName = z.string().regex(/^(train|validation)-\d{5}\.tfrecord$/);

export const shardSchema = z.strictObject({
  file: shardName,
  split: z.enum(splits),
  /** of every picture in it */
  size: sizeSchema,
  samples: z.int().min(1),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** One TFRecord file: samples of one shape and one split. */
export type Shard = z.infer<typeof shardSchema>;

const settingsSchema = z.strictObject({
  /** short side of every picture, pixels */
  shortSidePx: z.int().min(8),
  minChroma: z.number().min(0),
  validationFraction: z.number().min(0).max(1),
  seed: z.int().min(0),
  framesPerVideo: z.int().min(1),
  samplesPerShard: z.int().min(1),
  /** a user's embedding network and its range: `lite0.safetensors (-1..1)`; absent: the bundled one */
  embedding: z.string().optional(),
});

/** The network that a set's vectors come from. */
export type DatasetEmbedding = DatasetManifest['embedding'];

/** What a set's content depends on, in addition to its sources. */
export type DatasetSettings = z.infer<typeof settingsSchema>;

const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** of settings and sources; equal sets have equal fingerprints */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  settings: settingsSchema,
  embedding: z.strictObject({
    network: z.string(),
    size: z.int().min(1),
    input: z.int().min(1),
    /** values of black and white for a user's network; absent: the bundled one */
    range: z.tuple([z.number(), z.number()]).optional(),
  }),
  /** names without folders, which are private */
  sources: z.array(
    z.strictObject({
      name: z.string(),
      split: z.enum([...splits, 'both']),
      photos: z.int().min(0),
      films: z.int().min(0),
    }),
  ),
  samples: z.record(z.enum(splits), z.int().min(0)),
  refused: z.record(z.enum(refusalReasons), z.int().min(0)),
  shards: z.array(shardSchema),
  /** of the training part */
  prior: priorSchema,
});

/** What a folder of shards holds. */
export type DatasetManifest = z.infer<typeof manifestSchema>;

/**
 * Reads the manifest of a set.
 * @param dir - the set's folder
 * @throws {AppError} INPUT_MISSING if there is none; INPUT_DAMAGED if it is faulty
 */
export async function readDatasetManifest(dir: string): Promise<DatasetManifest> {
  const path = join(dir, manifestName);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('INPUT_MISSING', `${dir}: expected a set with a ${manifestName} but found none`, {
      cure: 'name a folder that `chromafeed dataset` has finished',
      cause,
    });
  });
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new AppError('INPUT_DAMAGED', `${path}: ${reason}`, {
      cure: 'make the set again with `chromafeed dataset`',
      cause,
    });
  }
}

/** Writes the manifest in one step: readers see the whole file or none. */
export async function writeDatasetManifest(dir: string, manifest: DatasetManifest): Promise<void> {
  await replaceFile(join(dir, manifestName), `${JSON.stringify(manifest, undefined, 1)}\n`);
}
