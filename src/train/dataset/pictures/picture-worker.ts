/**
 * What the threads of `picture-workers.ts` do: they read a picture file, and return its sample or what the survey
 * needs.
 */
import { EmbeddingSession } from '../../../model/embedding/embedding-session.ts';
import { type SizePx, wholeRect } from '../../../frame.ts';
import { shrinkLuma } from '../../../stream/pixels/shrink.ts';
import { squash } from '../../../stream/palette.ts';
import { hashPicture, type PictureHash } from './duplicates.ts';
import type { DatasetVectors } from '../dataset-vectors.ts';
import { readPicture } from './read-picture.ts';
import { refuseColorless, type PictureRefusal } from './picture-refusal.ts';
import type { Sample } from '../shards/sample.ts';
import { thumbnailSize } from './film-thumbnail.ts';

export interface SurveyTask {
  readonly path: string;
  readonly shapes: readonly SizePx[];
  /** least mean chroma */
  readonly minChroma: number;
}

/** What the survey finds out about a useful picture. */
export interface SurveyedPicture {
  readonly size: SizePx;
  readonly hash: PictureHash;
  /** `[36 * 64]` luma */
  readonly thumbnail: Uint8Array;
}

export interface SampleTask {
  readonly path: string;
  readonly key: string;
  readonly shapes: readonly SizePx[];
  readonly vectors: DatasetVectors;
}

/** Reads a picture and says whether it is useful for training. */
export async function survey({
  path,
  shapes,
  minChroma,
}: SurveyTask): Promise<SurveyedPicture | PictureRefusal> {
  const picture = await readPicture(path, shapes);
  if ('reason' in picture) return picture;
  const { size, luma } = picture;
  const format = { ...size, bitDepth: 8, range: 'full' } as const;
  return (
    refuseColorless(picture, minChroma) ?? {
      size,
      hash: hashPicture(luma, size),
      thumbnail: shrinkLuma(luma, format, wholeRect(size), thumbnailSize),
    }
  );
}

let session: Promise<EmbeddingSession> | undefined;

/** Makes the sample of a picture that the survey found good. */
export async function sample({ path, key, shapes, vectors }: SampleTask): Promise<Sample | PictureRefusal> {
  const picture = await readPicture(path, shapes);
  if ('reason' in picture) return picture;
  const embedder = await (session ??= openSession(vectors));
  const squashed = await squash(picture.luma, picture.size, vectors.network.input);
  const [plain, mirrored] = (await embedder.embed(squashed)) as [Float32Array, Float32Array];
  return { key, ...picture, embedding: plain, embeddingMirrored: mirrored };
}

/** Each session has one thread, so that all machines compute the same numbers, and no core waits for another. */
function openSession({ file, network }: DatasetVectors): Promise<EmbeddingSession> {
  const { size, input, range = [0, 1] } = network;
  return EmbeddingSession.open(
    file,
    { size, input, range, model: 'data set' },
    { device: 'cpu', threads: 1, isUnpacked: true },
  );
}
