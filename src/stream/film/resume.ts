import { crc32 } from 'node:zlib';
import type { CutState } from './scene-stage.ts';
import type { Scene, SceneStart, SteadyFrame } from './film-frame.ts';
import type { FilmState } from './colorize-film.ts';

/** A frame by which a resumed run knows that it decodes what the first run decoded. */
export interface ContextFrame {
  readonly pts: number;
  /** CRC-32 of its luma bytes. */
  readonly crc: number;
}

/** A finished scene's line in the report. */
export interface SceneRecord {
  readonly number: number;
  readonly firstFrame: number;
  readonly firstPts: number;
  readonly start: SceneStart;
  readonly isCard: boolean;
}

/** Everything that the frame after a segment depends on. Stored with the segment by `v8.serialize`. */
export interface Checkpoint {
  /** The last frames before it, oldest first. */
  readonly context: readonly ContextFrame[];
  readonly cutState: CutState;
  readonly scene: SceneRecord & { readonly palette: Float32Array };
  readonly film: FilmState;
  readonly scenes: readonly SceneRecord[];
}

/** Makes the context line of a frame. */
export function contextOf(pts: number, luma: Uint8Array): ContextFrame {
  return { pts, crc: crc32(luma) };
}

/** The state after a frame. */
export async function checkpointAfter(
  frame: SteadyFrame,
  context: readonly ContextFrame[],
  scenes: readonly SceneRecord[],
): Promise<Checkpoint> {
  return {
    context,
    cutState: frame.cutState,
    scene: { ...recordOf(frame.scene), palette: await frame.scene.condition },
    film: { color: frame.carried, small: frame.small, sinceAnswer: frame.sinceAnswer },
    scenes,
  };
}

/** A scene without what only the pipeline needs. */
export function recordOf({ number, firstFrame, firstPts, start, isCard }: Scene): SceneRecord {
  return { number, firstFrame, firstPts, start, isCard };
}

/** A decoded frame with what it came in. */
export interface Decoded<B> {
  readonly pts: number;
  readonly buffer: B;
}

/** Thrown when a resumed decoding does not give the frames that the first one gave. */
export class ContextMismatch extends Error {
  override readonly name = 'ContextMismatch';
}

/**
 * Passes on the frames from the first context frame on, and checks every context frame against its CRC.
 * @param frames - from some way before the context
 * @param release - takes the buffers of frames that are passed over
 * @throws {ContextMismatch} when the context does not come, or comes different
 */
export async function* alignToContext<B extends { data: Uint8Array }>(
  frames: AsyncIterable<Decoded<B>>,
  context: readonly ContextFrame[],
  release: (buffer: B) => void,
): AsyncGenerator<Decoded<B>> {
  let matched = 0;
  for await (const frame of frames) {
    const expected = context[matched];
    if (expected === undefined) {
      yield frame;
      continue;
    }
    if (matched === 0 && frame.pts < expected.pts) {
      release(frame.buffer);
      continue;
    }
    if (frame.pts !== expected.pts || contextOf(frame.pts, frame.buffer.data).crc !== expected.crc) {
      release(frame.buffer);
      throw new ContextMismatch(`expected the frame at pts ${expected.pts} but got another at ${frame.pts}`);
    }
    matched++;
    yield frame;
  }
  if (matched < context.length) throw new ContextMismatch('the film ended before the place to resume at');
}
