import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { bend, pictureDistance, leastDeviation, measureTiny, type TinyPicture } from './tiny-picture.ts';

/** What begins at a frame: nothing, or a scene after a hard cut, out of black or white, or by a dissolve. */
export type Cut = 'none' | 'cut' | 'fade' | 'gradual';

export interface CutDecision {
  /** Counted from the first frame shown to the detector. */
  readonly index: number;
  readonly cut: Cut;
}

/** Decides where scenes begin, `lookaheadFrames` behind the newest frame that it was shown. */
export interface CutDetector {
  /**
   * Shows the next frame.
   * @param tiny - full-range Y' of the whole active picture, area-averaged to 64 x 36, `[36 * 64]`; kept, not modified
   * @returns the decision for the frame `lookaheadFrames` before; none for the first ones
   * @throws {RangeError} when `tiny` has another length
   */
  push(tiny: Uint8Array): readonly CutDecision[];
  /** Decides the last frames, each when it is asked for. Nothing may be pushed after it. */
  flush(): Iterable<CutDecision>;
  /** State after the last decision that was made: plain data for JSON, at most 3 KB. */
  snapshot(): unknown;
}

export interface SceneDetectorOptions {
  /** Least distance of the frames at a cut, levels 1..100; greater finds fewer. Default `defaultThreshold`. */
  readonly threshold?: number;
  /** Goes on from this state, which another detector's `snapshot()` gave. */
  readonly snapshot?: unknown;
  /** First frame whose decision counts, counted from the first frame shown: `snapshot` is the state before it. */
  readonly snapshotAt?: number;
}

/** Frames that must be seen after a frame before it is decided. */
export const lookaheadFrames = 6;

/**
 * A detector that goes on from a snapshot before frame n decides as if it had never stopped when it is shown the
 * frames from n - `contextFrames` on (from 0 on where there are fewer).
 */
export const contextFrames = lookaheadFrames + 1;

/** Between the greatest distance inside a shot (18) and the least between shots (28) of the clips that were measured. */
const defaultThreshold = 20;

/** A cut is this much greater than the second greatest change around it (Yeo and Liu: 2 to 3). */
const peakRatio = 2;
/** From this multiple of the threshold on, it need only exceed the usual change around it: cuts come in bursts. */
const strongPeak = 1.25;
/** Frames across a flash are nearer than this share of the jump into it or of the threshold. */
const sameOfJump = 0.6;
const sameOfThreshold = 0.75;
/** A picture whose mean deviation sinks under the first is black, white or gray until it passes the second. Levels. */
const flatBelow = 4;
const flatUntil = 8;
/** Twin comparison: a transition goes on while 13 frames change by this share of the threshold ... */
const transitionShare = 0.6;
/** ... as a mixture would (0.37 is the least of motion in the clips that were measured). */
const transitionBend = 0.26;
/** ... or by the whole threshold with some motion in it. */
const movingBend = 0.35;
/** Frames that a transition may be unlike one (grain, motion in it) without having ended. */
const transitionGap = 2;
/** A cut or a transition comes no earlier in a scene, frames: so what lies in the window before it is that scene's. */
const shortestScene = lookaheadFrames;

const stateSchema = z.strictObject({
  /** Frames of the present scene, as far as it matters. */
  sceneFrames: z.int().min(0).max(shortestScene),
  isFlat: z.boolean(),
  /** Frames of the transition that may be going on; 0: none. */
  transition: z.int().min(0),
  /** Last frames of it that are unlike one. */
  gap: z.int().min(0),
  /** The tiny copy from before it, base64. */
  reference: z.base64().nullable(),
});
type State = z.infer<typeof stateSchema>;

const firstState: State = { sceneFrames: 0, isFlat: false, transition: 0, gap: 0, reference: null };

/**
 * Finds where scenes begin: hard cuts by a sliding window's peak (Yeo and Liu 1995), fades by flat pictures
 * (Lienhart 1999), dissolves by twin comparison (Zhang, Kankanhalli and Smoliar 1993). `docs/scenes.md` has the method.
 *
 * The decision for frame n depends on the frames n - 7 .. n + 6 and on the state after n - 1 only.
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
  /** Distance to the frame before it, levels. */
  readonly change: number;
}

class SceneDetector implements CutDetector {
  private readonly threshold: number;
  private readonly firstCounted: number;
  private state: State;
  /** Frames `next - contextFrames` .. newest, where they exist. */
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
      // A film's first frame begins its first scene whatever it shows.
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

/** State and decision for one frame, from the state before it and the frames around it. */
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

/** The frames around the one to be decided. */
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

  /** Whether the picture from before a jump comes back, or that after it was there before: a flash or its end. */
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

  /** Whether a flat picture comes soon: the jump belongs to a quick fade, whose scene begins after it. */
  private isFadingOut(): boolean {
    for (let i = 0; i <= lookaheadFrames; i++)
      if ((this.picture(i)?.deviation ?? flatUntil) < flatBelow) return true;
    return false;
  }

  /** Whether flat frames that end here were a short gap in one shot. */
  isDropout(): boolean {
    const afterwards = [this.picture(0), this.picture(lookaheadFrames)].filter(hasContrast);
    for (let i = 2; i <= contextFrames; i++) {
      const earlier = this.picture(-i);
      if (!hasContrast(earlier)) continue;
      if (afterwards.some((later) => pictureDistance(earlier, later) < this.threshold)) return true;
    }
    return false;
  }

  /** Whether the frames around change much, as a mixture of the first and the last would. */
  isTransition(): boolean {
    const before = this.picture(-lookaheadFrames);
    const middle = this.picture(0);
    const after = this.picture(lookaheadFrames);
    // A fade's dim end has too little contrast to tell what it shows.
    if (!hasContrast(before) || !hasContrast(middle) || !hasContrast(after)) return false;
    const bent = bend(before, middle, after);
    if (bent >= movingBend) return false;
    const changed = pictureDistance(before, after);
    return (
      changed >= this.threshold || (bent < transitionBend && changed >= transitionShare * this.threshold)
    );
  }

  /** The tiny copy from the window's beginning, base64. */
  referenceBefore(): string | null {
    const picture = this.picture(-lookaheadFrames);
    return picture ? Buffer.from(picture.luma).toString('base64') : null;
  }

  /** Whether the picture has become another than it was before a transition. */
  isUnlike(reference: string): boolean {
    const before = measureTiny(new Uint8Array(Buffer.from(reference, 'base64')));
    const here = this.picture(0);
    // A film's last frames end every transition: they are too few for a scene.
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
      cure: 'Delete the unfinished work and start the film again.',
      cause: parsed.error,
    },
  );
}
