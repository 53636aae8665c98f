import { z } from 'zod';
import { AppError } from '../../errors.ts';
import {
  bend,
  leastDeviation,
  measureTiny,
  mostDistance,
  pictureDistance,
  type TinyPicture,
} from './tiny-picture.ts';

/** What starts at a frame: nothing, or a scene after a hard cut, after black or white, or after a dissolve. */
export type Cut = 'none' | 'cut' | 'fade' | 'gradual';

export interface CutDecision {
  /** Counted from the first frame that was pushed. */
  readonly index: number;
  readonly cut: Cut;
}

/** Decides where scenes start, for the frame `lookaheadFrames` before the newest one. */
export interface CutDetector {
  /**
   * Takes the next frame.
   * @param tiny - full-range Y' of the whole active picture, area-averaged to 64 x 36, `[36 * 64]`; kept, not
   *   modified
   * @returns the decision for the frame `lookaheadFrames` earlier; undefined for the first frames
   * @throws {RangeError} when `tiny` has another length
   */
  push(tiny: Uint8Array): readonly CutDecision[];
  /** Decides the last frames one by one as they are requested. No frame may be pushed afterwards. */
  flush(): Iterable<CutDecision>;
  /** State after the last decision: plain data for JSON, at most 3 KB. */
  snapshot(): unknown;
}

export interface SceneDetectorOptions {
  /**
   * Smallest distance of the frames at a cut, levels 1..100; a larger value finds fewer cuts. Default:
   * `defaultThreshold`.
   */
  readonly threshold?: number;
  /** Continues from this state, which `snapshot()` of another detector returned. */
  readonly snapshot?: unknown;
  /** First frame whose decision counts, counted from the first frame pushed; `snapshot` is the state before it. */
  readonly snapshotAt?: number;
}

/** Frames that must follow a frame before it is decided. */
export const lookaheadFrames = 6;

/**
 * A detector resumes from a snapshot before frame n if it gets the frames from n - `contextFrames` on (from 0 if
 * there are fewer). It then decides as if it had never stopped.
 */
export const contextFrames = lookaheadFrames + 1;

/**
 * Lies between the largest distance inside a shot (18) and the smallest between shots (28) in the clips that were
 * measured.
 */
const defaultThreshold = 20;

/** A cut is larger than the second largest change around it by this factor (Yeo and Liu: 2 to 3). */
const peakRatio = 2;
/**
 * Above this multiple of the threshold, a cut only has to exceed the usual change around it, because cuts come in
 * bursts.
 */
const strongPeak = 1.25;
/** In a flash, the frames before and after are closer than this share of the jump into it or of the threshold. */
const sameOfJump = 0.6;
const sameOfThreshold = 0.75;
/**
 * If the mean deviation of a picture falls below the first value, it is black, white or gray until it exceeds the
 * second. Levels.
 */
const flatBelow = 4;
const flatUntil = 8;
/** Twin comparison: a transition continues while 13 frames change by this share of the threshold ... */
const transitionShare = 0.6;
/** ... in the way of a mixture (the lowest value of motion in the measured clips is 0.37), */
const transitionBend = 0.26;
/** ... or by the whole threshold with some motion in it. */
const movingBend = 0.35;
/** Frames in a row that may differ from a transition (grain, motion) without ending it. */
const transitionGap = 2;
/** Earliest cut or transition in a scene, frames: so the window before it belongs to that scene. */
const shortestScene = lookaheadFrames;

const stateSchema = z.strictObject({
  /** Frames of the current scene, as many as matter. */
  sceneFrames: z.int().min(0).max(shortestScene),
  isFlat: z.boolean(),
  /** Frames of the transition that may be under way; 0: none. */
  transition: z.int().min(0),
  /** Frames at its end that differ from a transition. */
  gap: z.int().min(0),
  /** The tiny copy from before the transition, base64. */
  reference: z.base64().nullable(),
});
type State = z.infer<typeof stateSchema>;

const firstState: State = { sceneFrames: 0, isFlat: false, transition: 0, gap: 0, reference: null };

/**
 * Finds where scenes start: hard cuts by a sliding window's peak (Yeo and Liu 1995), fades by flat pictures (Lienhart
 * 1999), dissolves by twin comparison (Zhang, Kankanhalli and Smoliar 1993). `docs/scenes.md` has the method.
 * The decision for frame n depends only on the frames n - 7 .. n + 6 and on the state after n - 1.
 * @throws {RangeError} when the threshold is out of its range
 * @throws {AppError} INPUT_DAMAGED when `snapshot` is not one
 */
export function createSceneDetector(options: SceneDetectorOptions = {}): CutDetector {
  const threshold = options.threshold ?? defaultThreshold;
  if (!(threshold >= 1 && threshold <= 100))
    throw new RangeError(`scene threshold: expected 1..100 but got ${threshold}`);
  return new SceneDetector(threshold, options);
}

interface Shown {
  readonly picture: TinyPicture;
  /** Distance to the previous frame, levels. */
  readonly change: number;
}

class SceneDetector implements CutDetector {
  private readonly threshold: number;
  private readonly firstCounted: number;
  private state: State;
  /** Frames `next - contextFrames` up to the newest, if they exist. */
  private readonly shown: Shown[] = [];
  private shownFrom = 0;
  private next = 0;

  constructor(threshold: number, options: SceneDetectorOptions) {
    this.threshold = threshold;
    this.firstCounted = options.snapshotAt ?? 0;
    this.state = options.snapshot === undefined ? firstState : parseState(options.snapshot);
  }

  push(tiny: Uint8Array): readonly CutDecision[] {
    const picture = measureTiny(tiny);
    const before = this.shown.at(-1);
    this.shown.push({ picture, change: before ? pictureDistance(before.picture, picture) : 0 });
    const isDue = this.shownFrom + this.shown.length > this.next + lookaheadFrames;
    return isDue ? [this.decide()] : [];
  }

  *flush(): Generator<CutDecision> {
    while (this.next < this.shownFrom + this.shown.length) yield this.decide();
  }

  snapshot(): unknown {
    return { ...this.state };
  }

  private decide(): CutDecision {
    const index = this.next++;
    const at = index - this.shownFrom;
    let cut: Cut = 'none';
    if (index >= this.firstCounted) {
      const window = new Window(this.shown, at, this.threshold);
      const decided = stepState(this.state, window);
      // The first frame of a film starts its first scene, whatever it shows.
      cut = index === 0 ? 'none' : decided.cut;
      this.state = decided.state;
    }
    if (at === contextFrames) {
      this.shown.shift();
      this.shownFrom++;
    }
    return { index, cut };
  }
}

/** State and decision for one frame, from the previous state and the frames around it. */
function stepState(before: State, window: Window): { state: State; cut: Cut } {
  const isFlat = window.deviation < (before.isFlat ? flatUntil : flatBelow);
  const mayBegin = before.sceneFrames >= shortestScene;
  const sceneFrames = Math.min(before.sceneFrames + 1, shortestScene);
  const begun = { ...firstState, sceneFrames: 1 };
  if (isFlat) return { state: { ...firstState, sceneFrames, isFlat }, cut: 'none' };
  if (before.isFlat)
    return window.isDropout()
      ? { state: { ...firstState, sceneFrames }, cut: 'none' }
      : { state: begun, cut: 'fade' };
  if (mayBegin && window.isCut()) return { state: begun, cut: 'cut' };
  const isTransition = mayBegin && window.isTransition();
  const gap = isTransition ? 0 : before.gap + 1;
  if (isTransition || (before.transition > 0 && gap <= transitionGap)) {
    const reference = before.reference ?? window.referenceBefore();
    return { state: { sceneFrames, isFlat, transition: before.transition + 1, gap, reference }, cut: 'none' };
  }
  if (mayBegin && before.reference !== null && window.isUnlike(before.reference))
    return { state: begun, cut: 'gradual' };
  return { state: { ...firstState, sceneFrames }, cut: 'none' };
}

/** The frames around the frame in question. */
class Window {
  private readonly shown: readonly Shown[];
  private readonly at: number;
  private readonly threshold: number;

  constructor(shown: readonly Shown[], at: number, threshold: number) {
    this.shown = shown;
    this.at = at;
    this.threshold = threshold;
  }

  get deviation(): number {
    return this.picture(0)?.deviation ?? 0;
  }

  isCut(): boolean {
    const change = this.change(0);
    const here = this.picture(0);
    const last = this.picture(-1);
    if (change < this.threshold || !here || !last || last.deviation < flatUntil) return false;
    if (this.isFadingOut()) return false;
    if (change <= this.change(-1) || change < this.change(1)) return false;
    const others: number[] = [];
    for (let i = -lookaheadFrames; i <= lookaheadFrames; i++) if (i !== 0) others.push(this.change(i));
    others.sort((a, b) => b - a);
    const isAlone = change >= peakRatio * (others[0] ?? 0);
    const isStrong =
      change >= strongPeak * this.threshold && change >= peakRatio * (others[lookaheadFrames] ?? 0);
    return (isAlone || isStrong) && !this.isFlash(change, last, here);
  }

  /** Whether the picture before a jump returns, or the picture after it was there before: a flash, or its end. */
  private isFlash(change: number, last: TinyPicture, here: TinyPicture): boolean {
    const same = Math.max(sameOfJump * change, sameOfThreshold * this.threshold);
    for (let i = 1; i <= lookaheadFrames; i++) {
      const later = this.picture(i);
      if (later && pictureDistance(last, later) < same) return true;
      const earlier = this.picture(-1 - i);
      if (earlier && pictureDistance(earlier, here) < same) return true;
    }
    return false;
  }

  /** Whether a flat picture follows soon: then the jump belongs to a quick fade, and the scene starts after it. */
  private isFadingOut(): boolean {
    for (let i = 0; i <= lookaheadFrames; i++)
      if ((this.picture(i)?.deviation ?? flatUntil) < flatBelow) return true;
    return false;
  }

  /** Whether the flat frames that end here were a short gap within one shot. */
  isDropout(): boolean {
    const afterwards = [this.picture(0), this.picture(lookaheadFrames)].filter(hasContrast);
    for (let i = 2; i <= contextFrames; i++) {
      const earlier = this.picture(-i);
      if (!hasContrast(earlier)) continue;
      if (afterwards.some((later) => pictureDistance(earlier, later) < this.threshold)) return true;
    }
    return false;
  }

  /** Whether the frames around change strongly, like a mixture of the first and the last. */
  isTransition(): boolean {
    const before = this.picture(-lookaheadFrames);
    const middle = this.picture(0);
    const after = this.picture(lookaheadFrames);
    // The dim end of a fade has too little contrast to show anything.
    if (!hasContrast(before) || !hasContrast(middle) || !hasContrast(after)) return false;
    if (mostDistance(before, after) < transitionShare * this.threshold) return false;
    const bent = bend(before, middle, after);
    if (bent >= movingBend) return false;
    const changed = pictureDistance(before, after);
    return (
      changed >= this.threshold || (bent < transitionBend && changed >= transitionShare * this.threshold)
    );
  }

  /** The tiny copy at the start of the window, base64. */
  referenceBefore(): string | null {
    const picture = this.picture(-lookaheadFrames);
    return picture ? Buffer.from(picture.luma).toString('base64') : null;
  }

  /** Whether the picture differs from the last one before a transition. */
  isUnlike(reference: string): boolean {
    const before = measureTiny(new Uint8Array(Buffer.from(reference, 'base64')));
    const here = this.picture(0);
    // The last frames of a film end every transition: they are too few for a scene.
    if (!this.picture(lookaheadFrames)) return false;
    return here !== undefined && pictureDistance(before, here) >= this.threshold;
  }

  private picture(offset: number): TinyPicture | undefined {
    return this.entry(offset)?.picture;
  }

  private change(offset: number): number {
    return this.entry(offset)?.change ?? 0;
  }

  private entry(offset: number): Shown | undefined {
    const index = this.at + offset;
    return index < 0 ? undefined : this.shown[index];
  }
}

function hasContrast(picture: TinyPicture | undefined): picture is TinyPicture {
  return picture !== undefined && picture.deviation >= leastDeviation;
}

function parseState(snapshot: unknown): State {
  const parsed = stateSchema.safeParse(snapshot);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'INPUT_DAMAGED',
    `scene detector: its saved state is damaged: ${z.prettifyError(parsed.error)}`,
    {
      cure: 'delete the unfinished work and start the film again',
      cause: parsed.error,
    },
  );
}
