import { stat } from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import { sha256File } from '../../files/fingerprint.ts';
import { probe } from '../../ingest/film/probe.ts';
import { openSource } from '../../ingest/film/source-input.ts';
import { expectedFrames } from '../../stream/film/plan/expected-frames.ts';
import { withDefaults } from '../../stream/film/film-options.ts';
import { storageFault } from '../engine/engine-faults.ts';
import type { Storages } from '../storage/storages.ts';
import type { PlannedReel } from './plan-reels.ts';
import type { ReelJob, ReelOptions } from './reel-job.ts';

/** What is known of a film before it is on the queue. */
export interface FilmDescription {
  /** What the job says of it. */
  readonly film: Pick<ReelJob, 'input' | 'frames'>;
  /** Seconds that are coloured; undefined if the container does not say. */
  readonly lengthS: number | undefined;
}

/**
 * Describes a film: what identifies its content, and its length. A file is read once from end to end for that; an
 * object is not read, because the storage knows its ETag.
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED, STORAGE_UNAVAILABLE
 */
export async function describeFilm(
  { path, at }: PlannedReel,
  options: ReelOptions,
  { storages, signal }: { readonly storages: Storages; readonly signal: AbortSignal },
): Promise<FilmDescription> {
  if (at.kind === 'object')
    return { film: { input: { at, ...(await describeObject(path, at, storages)) } }, lengthS: undefined };
  await using opened = await openSource(path);
  const source = await probe(opened, signal);
  const frames = expectedFrames({ source, options: withDefaults(options) });
  const { size, mtimeMs } = await stat(path);
  const rate = source.video.averageFrameRate;
  return {
    film: {
      input: { at, bytes: size, content: `sha256:${await sha256File(path)}`, modifiedMs: mtimeMs },
      ...(frames !== undefined && frames > 0 && { frames }),
    },
    lengthS: frames === undefined || rate === undefined ? undefined : (frames * rate.den) / rate.num,
  };
}

async function describeObject(
  path: string,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  { objects }: Storages,
): Promise<{ bytes: number; content: string }> {
  const found = await objects.head(bucket, key).catch((error: unknown) => {
    throw storageFault(error);
  });
  if (found !== undefined && found.bytes > 0) return { bytes: found.bytes, content: `etag:${found.etag}` };
  throw new AppError(
    'INPUT_MISSING',
    `${path}: expected a film but found ${found === undefined ? 'no' : 'an empty'} object`,
    {
      cure: 'check the name of the bucket and of the object',
    },
  );
}
