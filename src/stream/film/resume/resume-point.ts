import { crc32 } from 'node:zlib';
import type { Damage } from '../../../ingest/film/decode.ts';
import type { ColorState } from '../../pixels/steady.ts';
import type { Scene, SteadyFrame, NetworkTurn } from '../film-frame.ts';

/** A frame from which a resumed run knows that it decodes the same frames as the first run. */
export interface ContextFrame {
  readonly pts: number;
  /** CRC-32 of its luma bytes. */
  readonly crc: number;
}

/** The entry of a finished scene in the report. */
export type SceneRecord = Omit<Scene, 'condition'>;

/** What the pipeline stores after a frame, so another run can start with the next frame. */
export interface ColorMemory {
  readonly color: ColorState;
  /** The frame's small picture. */
  readonly small: Uint8Array;
  readonly turn: NetworkTurn;
}

/** Everything that the frame after a segment depends on, and the faults found before it. */
export interface FilmCheckpoint {
  /** The last frames before it, oldest first. */
  readonly context: readonly ContextFrame[];
  /** The scene detector's state: plain data. */
  readonly cutState: unknown;
  readonly scene: SceneRecord & { readonly palette: Float32Array };
  readonly film: ColorMemory;
  readonly scenes: readonly SceneRecord[];
  readonly damage: Damage | undefined;
  /** Messages about the source for the user. */
  readonly notices: readonly string[];
  /** The checksum over the luma up to it; only in a part of a film. */
  readonly lumaCrc?: number | undefined;
}

/** What a run needs that does not start with the film's first frame. Where a scene starts anew, it needs no memory. */
export type StartState = Pick<FilmCheckpoint, 'context' | 'cutState'> &
  Partial<Pick<FilmCheckpoint, 'scene' | 'film'>>;

/** Where a run starts that does not start with the film's first frame. */
export interface ResumePoint {
  readonly state: StartState;
  readonly firstFrame: number;
  /** The scene detector sees the frames from here to `firstFrame` again. */
  readonly firstShown: number;
}

/** Makes the context line of a frame. */
export function contextOf(pts: number, luma: Uint8Array): ContextFrame {
  return { pts, crc: crc32(luma) };
}

/** The state after a frame and the faults in the source up to it. Nothing in it lies in the frame's buffer. */
export async function checkpointAfter(
  frame: SteadyFrame,
  found: Pick<FilmCheckpoint, 'context' | 'scenes' | 'damage' | 'notices' | 'lumaCrc'>,
): Promise<FilmCheckpoint> {
  if (!frame.carried) throw new RangeError(`frame ${frame.index} has no state to resume from`);
  return {
    ...found,
    cutState: frame.cutState,
    scene: { ...recordOf(frame.scene), palette: await frame.scene.condition },
    film: { color: frame.carried, small: frame.small.slice(), turn: frame.turn },
  };
}

/** A scene without the parts that only the pipeline needs. */
export function recordOf({ number, firstFrame, firstPts, start, isCard, isOwn }: Scene): SceneRecord {
  return { number, firstFrame, firstPts, start, isCard, isOwn };
}

/** A decoded frame with its buffer. */
export interface Decoded<B> {
  readonly pts: number;
  readonly buffer: B;
}

/** Thrown when a resumed decoding gives other frames than the first one. */
export class ContextMismatch extends Error {
  override readonly name = 'ContextMismatch';
}

/**
 * Passes on the frames from the first context frame on, and checks every context frame against its CRC.
 * @param frames - from somewhat before the context
 * @param release - takes the buffers of frames that are skipped
 * @throws {ContextMismatch} when a context frame is missing or differs
 */
export async function* alignToContext<B extends { luma: Uint8Array }, F extends Decoded<B>>(
  frames: AsyncIterable<F>,
  context: readonly ContextFrame[],
  release: (buffer: F['buffer']) => void,
): AsyncGenerator<F> {
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
    if (frame.pts !== expected.pts || contextOf(frame.pts, frame.buffer.luma).crc !== expected.crc) {
      release(frame.buffer);
      throw new ContextMismatch(`expected the frame at pts ${expected.pts} but got another at ${frame.pts}`);
    }
    matched++;
    yield frame;
  }
  if (matched < context.length) throw new ContextMismatch('the film ended before the frame to resume from');
}
