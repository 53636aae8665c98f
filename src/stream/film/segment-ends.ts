/** Decides after which frames a segment of the film ends, and where the network's batches are cut. */
import type { OperatorFunction } from 'rxjs';
import type { MarkedFrame, SceneFrame } from './film-frame.ts';
import { throughStage, type Stage } from './paced.ts';

/** How long segments are, frames. */
export interface SegmentLimits {
  /** A segment ends this many frames after its scene's cut, and again after as many. A multiple of the network's batch. */
  readonly longest: number;
  /**
   * A cut ends a segment that has at least this many frames. undefined: cuts end no segment, as in versions that knew
   * only equal segments.
   */
  readonly shortest: number | undefined;
}

/**
 * Whether nothing of the frames before reaches a scene: no colour is carried over, and its palette, its network turns
 * and its cuts come from its own frames. It depends on the luma alone.
 */
export function startsAnew({ isSceneStart, scene }: Pick<SceneFrame, 'isSceneStart' | 'scene'>): boolean {
  return isSceneStart && (scene.start === 'cut' || scene.start === 'fade' || scene.start === 'first');
}

/**
 * Counts frames from the last cut, so the same cuts give the same ends wherever a run starts: at the film's start, at a
 * cut that ended a segment, or where it resumes.
 */
export class SegmentEnds {
  readonly #limits: SegmentLimits | undefined;
  readonly #batchFrames: number;
  /** First frames of the current scene (or of the run), segment and batch. */
  #scene = 0;
  #segment = 0;
  #batch = 0;
  /** Last frames of segments that may still be of interest. */
  readonly #recent: number[] = [];

  /**
   * @param limits - undefined: there are no segments
   * @param firstFrame - of the run: the film's first one, or one after the end of a segment
   */
  constructor(limits: SegmentLimits | undefined, batchFrames: number, firstFrame = 0) {
    this.#limits = limits;
    this.#batchFrames = batchFrames;
    this.#scene = this.#segment = this.#batch = firstFrame;
  }

  /** Says what ends before a frame. Call it for all frames in order, except the first one of the run. */
  before(frame: SceneFrame): Pick<MarkedFrame, 'endsSegment' | 'endsBatch'> {
    const { index } = frame;
    const isCut = this.#limits?.shortest !== undefined || this.#limits === undefined;
    const isNew = isCut && startsAnew(frame);
    if (isNew) this.#scene = index;
    const endsSegment = this.#endsSegment(index, isNew);
    const isHard = isCut && frame.isSceneStart && frame.scene.start !== 'gradual';
    const endsBatch = endsSegment || isHard || index - this.#batch === this.#batchFrames;
    if (endsBatch) this.#batch = index;
    if (endsSegment) this.#keep(index);
    return { endsSegment, endsBatch };
  }

  /** Whether a segment ends with one of the `count` frames from this one on, as far as is known. */
  endsWithin(index: number, count: number): boolean {
    return this.#recent.some((last) => last >= index && last < index + count);
  }

  #endsSegment(index: number, isNew: boolean): boolean {
    if (this.#limits === undefined) return false;
    const { longest, shortest = Infinity } = this.#limits;
    if (isNew) return index - this.#segment >= shortest;
    return (index - this.#scene) % longest === 0;
  }

  #keep(index: number): void {
    this.#segment = index;
    this.#recent.push(index - 1);
    if (this.#recent.length > mostRecent) this.#recent.shift();
  }
}

/** More ends than the frames between this step and the encoder can have. */
const mostRecent = 64;

/** Marks the last frame of each segment and batch. A frame waits for the next one. */
export function markEnds(ends: SegmentEnds): OperatorFunction<SceneFrame, MarkedFrame> {
  return throughStage(() => new MarkStage(ends));
}

class MarkStage implements Stage<SceneFrame, MarkedFrame> {
  readonly #ends: SegmentEnds;
  #held: SceneFrame | undefined;

  constructor(ends: SegmentEnds) {
    this.#ends = ends;
  }

  push(frame: SceneFrame): MarkedFrame[] {
    const held = this.#held;
    this.#held = frame;
    return held === undefined ? [] : [{ ...held, ...this.#ends.before(frame) }];
  }

  flush(): MarkedFrame[] {
    return this.#held === undefined ? [] : [{ ...this.#held, endsSegment: false, endsBatch: true }];
  }
}

/** Frames that {@link markEnds} holds. */
export const heldForEnds = 1;
