import { crc32 } from 'node:zlib';
import { leastProgressive } from './field-runs.ts';
import type { ContextFrame, StartState } from './resume/resume-point.ts';

/** The frames of one part of a film. */
export interface FilmRange {
  readonly firstFrame: number;
  readonly frames: number;
  /** The film ends with this part. */
  readonly isLast: boolean;
  /** The state at the start; undefined: the film starts with this part. */
  readonly start: StartState | undefined;
  /** What `lumaCrcOf` gives for all its frames. */
  readonly lumaCrc: number;
}

/**
 * Frames after a part that decide about its last ones: whether a cut follows them, and whether they count as interlaced.
 */
export const framesAfterPart = leastProgressive - 1;

/** A checksum over the luma of frames in order. @param before - the checksum of the frames before */
export function lumaCrcOf({ crc }: Pick<ContextFrame, 'crc'>, before: number): number {
  return crc32(Uint32Array.of(crc), before);
}

/** Passes on a number of frames, then ends their source. */
export async function* firstFrames<T>(frames: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let left = count;
  for await (const frame of frames) {
    yield frame;
    if (--left <= 0) return;
  }
}

/** Thrown when all frames of a part were decoded, and they are not those of the plan. */
export class OtherFrames extends Error {
  override readonly name = 'OtherFrames';
}
