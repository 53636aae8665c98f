import type { OperatorFunction } from 'rxjs';
import type { SizePx } from '../../frame.ts';
import type { Scene, SceneFrame, SceneStart, SmallFrame } from './film-frame.ts';
import { wholePicture } from '../pixels/rect.ts';
import { sharpest } from '../pixels/sharpest.ts';
import { shrinkLuma } from '../pixels/shrink.ts';
import { throughStage, type Stage } from './through-stage.ts';

/** A detector's state: plain data. */
export type CutState = unknown;

/** Decides where scenes begin, some frames behind the newest one that it was shown. */
export interface CutDetector {
  /** Shows the next frame's tiny copy; returns what is now decided, one frame at most. */
  push(tiny: Uint8Array): readonly CutDecision[];
  /** The decisions for the last frames; each is made when it is asked for. */
  flush(): Iterable<CutDecision>;
  /** State after the last decision that was made, plain data: a detector made with it goes on from there. */
  snapshot(): CutState;
}

export interface CutDecision {
  /** Counted from the first frame shown to the detector. */
  readonly index: number;
  readonly cut: 'none' | 'cut' | 'fade' | 'gradual';
}

/** Side lengths of the copy that cuts are looked for in. */
const tinySize: SizePx = { widthPx: 64, heightPx: 36 };

/** A scene's palette comes from the sharpest of this many of its first frames. */
export const paletteFrames = 12;

export interface SceneStageOptions {
  readonly detector: CutDetector;
  readonly smallSize: SizePx;
  /** Frames before this index are only shown to the detector (resuming). */
  readonly firstFrame: number;
  /** The scene that the frame before `firstFrame` belongs to. */
  readonly current?: Scene;
  /** Computes a palette from a small picture of the scene. */
  readonly palette: (small: Uint8Array) => Promise<Float32Array>;
  readonly isCard: (small: Uint8Array, size: SizePx) => boolean;
  readonly onScene: (scene: Scene) => void;
  /** Takes a frame that only the detector needed. */
  readonly discard: (frame: SmallFrame) => void;
}

/**
 * Groups frames into scenes. A frame goes on when its cut is decided and, at a scene's start, when enough of
 * the scene has been seen to choose the frame of its palette.
 */
export function groupScenes(options: SceneStageOptions): OperatorFunction<SmallFrame, SceneFrame> {
  return throughStage(() => new SceneStage(options));
}

interface Held {
  readonly frame: SmallFrame;
  readonly cut: CutDecision['cut'];
  readonly cutState: CutState;
}

class SceneStage implements Stage<SmallFrame, SceneFrame> {
  private readonly options: SceneStageOptions;
  /** Shown to the detector, not decided. */
  private readonly undecided: SmallFrame[] = [];
  /** Decided, not gone on. */
  private readonly held: Held[] = [];
  private scene: Scene | undefined;

  constructor(options: SceneStageOptions) {
    this.options = options;
    this.scene = options.current;
  }

  push(frame: SmallFrame): SceneFrame[] {
    this.undecided.push(frame);
    const tiny = shrinkLuma(frame.small, this.smallFormat, wholePicture(this.options.smallSize), tinySize);
    this.take(this.options.detector.push(tiny));
    return this.letGo(false);
  }

  flush(): SceneFrame[] {
    this.take(this.options.detector.flush());
    return this.letGo(true);
  }

  private get smallFormat(): { widthPx: number; heightPx: number; bitDepth: 8; range: 'full' } {
    return { ...this.options.smallSize, bitDepth: 8, range: 'full' };
  }

  private take(decisions: Iterable<CutDecision>): void {
    for (const decision of decisions) {
      const frame = this.undecided.shift();
      if (!frame) throw new RangeError('the cut detector decided on a frame that it was not shown');
      if (frame.index < this.options.firstFrame) {
        this.options.discard(frame);
        continue;
      }
      this.held.push({ frame, cut: decision.cut, cutState: this.options.detector.snapshot() });
    }
  }

  private letGo(isEnd: boolean): SceneFrame[] {
    const ready: SceneFrame[] = [];
    for (;;) {
      const first = this.held[0];
      if (!first) return ready;
      const start = this.startOf(first);
      if (start !== 'none') {
        const next = this.held.findIndex((other, i) => i > 0 && other.cut !== 'none');
        const seen = this.held.slice(0, next === -1 ? paletteFrames : Math.min(next, paletteFrames));
        if (seen.length < paletteFrames && next === -1 && !isEnd) return ready;
        this.scene = this.begin(first, start, seen);
      }
      this.held.shift();
      if (!this.scene) throw new RangeError('a frame has no scene');
      ready.push({
        ...first.frame,
        scene: this.scene,
        isSceneStart: start !== 'none',
        cutState: first.cutState,
      });
    }
  }

  private startOf(held: Held): SceneStart | 'none' {
    if (!this.scene) return 'first';
    return held.cut;
  }

  private begin(held: Held, start: SceneStart, seen: readonly Held[]): Scene {
    const { frame } = held;
    const { smallSize } = this.options;
    const picture = sharpest(
      seen.map((other) => other.frame.small),
      smallSize,
    );
    const condition = this.options.palette(picture);
    condition.catch(() => undefined); // whoever awaits it is told; a title card's frames do not
    const scene: Scene = {
      number: this.scene ? this.scene.number + 1 : 0,
      firstFrame: frame.index,
      firstPts: frame.pts,
      start,
      isCard: this.options.isCard(picture, smallSize),
      condition,
    };
    this.options.onScene(scene);
    return scene;
  }
}
