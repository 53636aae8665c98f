import type { FieldOrder } from '../../frame.ts';
import type { DecodedFrame } from '../../ingest/film/decode.ts';
import type { FrameBuffer } from './frame-pool.ts';
import type { ColorState } from '../pixels/steady.ts';
import type { Motion } from '../pixels/motion.ts';

/** How a scene starts; `color`: the source's own colour begins or ends inside a shot. */
export type SceneStart = 'first' | 'cut' | 'fade' | 'gradual' | 'color';

/** Frames that share one palette. */
export interface Scene {
  /** 0, 1, 2 ... over the whole film */
  readonly number: number;
  readonly firstFrame: number;
  readonly firstPts: number;
  readonly start: SceneStart;
  /** A title card: left without colour. */
  readonly isCard: boolean;
  /** It is in colour in the source: its chroma is kept, and the network does not run. */
  readonly isOwn: boolean;
  /** The embedding's half of the fusion, `[256]`, computed once, from the sharpest of the scene's first frames. */
  readonly condition: Promise<Float32Array>;
}

/** A frame on its way through the film's pipeline; each step adds its part. */
export interface FilmFrame {
  /** Counted from the first frame of the film (or of the requested part). */
  readonly index: number;
  /** In ticks of the source's time base. */
  readonly pts: number;
  /** As the source marks the frame; in a coloured frame, as the output marks it. */
  readonly fields: FieldOrder;
  /** It has luma; chroma follows. The segment writer returns the buffer to the pool. */
  readonly buffer: FrameBuffer;
}

/** A decoded frame at the start of its way. If fields are not followed, every frame counts as progressive. */
export function filmFrame(
  index: number,
  { pts, fields, buffer }: DecodedFrame<FrameBuffer>,
  { followsFields }: { readonly followsFields: boolean },
): FilmFrame {
  return { index, pts, fields: followsFields ? fields : 'progressive', buffer };
}

/** With the network's small copy of the luma, full range, `[h * w]`. */
export interface SmallFrame extends FilmFrame {
  readonly small: Uint8Array;
  /** How far the source's chroma is from a tint (`chromaSpread`); undefined: the source's chroma was not read. */
  readonly spread: number | undefined;
}

/** With its scene. `cutState` is the detector's state after this frame (for resuming). */
export interface SceneFrame extends SmallFrame {
  readonly scene: Scene;
  readonly isSceneStart: boolean;
  readonly cutState: unknown;
}

/** With what ends after it. */
export interface MarkedFrame extends SceneFrame {
  /** It is the last frame of a segment, and another segment follows. */
  readonly endsSegment: boolean;
  /** It is the last frame of a batch of the network. */
  readonly endsBatch: boolean;
}

/** With the motion from the previous frame; absent if colour must not be carried over. */
export interface MovingFrame extends MarkedFrame {
  readonly motion: Motion | undefined;
}

/** The state after a frame, for the decision about the next one. */
export interface NetworkTurn {
  /** Frames since the network last ran; 0: it runs for this frame. */
  readonly sinceAnswer: number;
  /** Share of the picture that has come into view since then, added up over the frames. */
  readonly unseen: number;
  /** Mean luma of the small copy that it last saw, levels. */
  readonly askedMean: number;
  /** Answers since the scene began; counted up to `settledAnswers` of `network-turns.ts`. */
  readonly answers: number;
}

/** With the network's answer, if it saw this frame: `[2, h / 4, w / 4]`. */
export interface AnsweredFrame extends MovingFrame {
  /** Says whether the network ran for this frame. */
  readonly turn: NetworkTurn;
  readonly answer: Float32Array | undefined;
}

/** With its steady colour at the small size. */
export interface SteadyFrame extends AnsweredFrame {
  /** The colour that is shown, from the frames before and after. It lies in the frame's buffer until it is composed. */
  readonly color: ColorState;
  /** A copy of the state for the next frame, from the frames up to this one. Only at the end of a segment. */
  readonly carried: ColorState | undefined;
}
