import type { OperatorFunction } from 'rxjs';
import { type SizePx, wholeRect } from '../../frame.ts';
import {
  createSceneDetector,
  lookaheadFrames,
  type CutDecision,
  type CutDetector,
} from '../../ingest/scenes/scene-detector.ts';
import { isTitleCard } from '../../ingest/scenes/title-cards.ts';
import { paletteOf, sharpest, type PaletteNetwork } from '../palette.ts';
import type { ColorPlan, ColorTools } from './color-plan.ts';
import type { Scene, SceneFrame, SceneStart, SmallFrame } from './film-frame.ts';
import { colorChanges, isInColor } from './own-color.ts';
import { throughStage, type Stage } from './paced.ts';

/** Side lengths of the copy in which cuts are searched for. */
const tinySize: SizePx = { widthPx: 64, heightPx: 36 };

/** A scene's palette comes from the sharpest of this many of its first frames. */
const paletteFrames = 12;

/** The most frames that the stage holds. */
export const lookaheadOfScenes = lookaheadFrames + paletteFrames;

/**
 * Groups frames into scenes. A frame continues when its cut is decided. At the start of a scene it also waits until
 * enough of the scene is known to choose the frame for its palette.
 */
export function groupScenes(
  plan: Pick<ColorPlan, 'smallSize' | 'sceneThreshold' | 'keepsOwnColor'>,
  tools: Pick<ColorTools, 'math' | 'release' | 'onScene' | 'resume' | 'endFrame'> & {
    readonly network: PaletteNetwork;
  },
): OperatorFunction<SmallFrame, SceneFrame> {
  return throughStage(() => new SceneStage(plan, detectorOf(plan, tools), tools));
}

function detectorOf(
  { sceneThreshold }: Pick<ColorPlan, 'sceneThreshold'>,
  { resume }: Pick<ColorTools, 'resume'>,
): CutDetector {
  return createSceneDetector({
    ...(sceneThreshold === undefined ? {} : { threshold: sceneThreshold }),
    ...(resume && {
      snapshot: resume.state.cutState,
      snapshotAt: resume.firstFrame - resume.firstShown,
    }),
  });
}

interface Held {
  readonly frame: SmallFrame;
  readonly cut: CutDecision['cut'];
  readonly cutState: unknown;
}

type SceneTools = Parameters<typeof groupScenes>[1];

class SceneStage implements Stage<SmallFrame, SceneFrame> {
  private readonly size: SizePx;
  private readonly keepsOwnColor: boolean;
  private readonly detector: CutDetector;
  private readonly tools: SceneTools;
  /** Frames that the detector has, but has not decided. */
  private readonly undecided: SmallFrame[] = [];
  /** Frames that are decided but still held. */
  private readonly held: Held[] = [];
  private scene: Scene | undefined;
  /** Frames from this one on only help to decide about those before. */
  private readonly end: number;

  constructor(
    { smallSize, keepsOwnColor }: Parameters<typeof groupScenes>[0],
    detector: CutDetector,
    tools: SceneTools,
  ) {
    this.size = smallSize;
    this.keepsOwnColor = keepsOwnColor === true;
    this.detector = detector;
    this.tools = tools;
    this.end = tools.endFrame ?? Infinity;
    const scene = tools.resume?.state.scene;
    this.scene = scene && { ...scene, condition: Promise.resolve(scene.palette) };
  }

  push(frame: SmallFrame): SceneFrame[] {
    this.undecided.push(frame);
    const tiny = new Uint8Array(tinySize.widthPx * tinySize.heightPx);
    this.tools.math.shrink(frame.small, this.smallFormat, wholeRect(this.size), 'all', tiny, tinySize);
    this.take(this.detector.push(tiny));
    return this.letGo(false);
  }

  flush(): SceneFrame[] {
    this.take(this.detector.flush());
    return this.letGo(true);
  }

  private get smallFormat(): { widthPx: number; heightPx: number; bitDepth: 8; range: 'full' } {
    return { ...this.size, bitDepth: 8, range: 'full' };
  }

  private take(decisions: Iterable<CutDecision>): void {
    for (const decision of decisions) {
      const frame = this.undecided.shift();
      if (!frame) throw new RangeError('the cut detector decided on a frame that it was not shown');
      if (frame.index < (this.tools.resume?.firstFrame ?? 0)) {
        this.tools.release(frame.buffer);
        continue;
      }
      this.held.push({ frame, cut: decision.cut, cutState: this.detector.snapshot() });
    }
  }

  private letGo(isEnd: boolean): SceneFrame[] {
    const ready: SceneFrame[] = [];
    for (;;) {
      const first = this.held[0];
      if (!first) return ready;
      if (first.frame.index >= this.end) {
        for (const { frame } of this.held.splice(0)) this.tools.release(frame.buffer);
        return ready;
      }
      const next = this.held.findIndex((other, i) => i > 0 && other.cut !== 'none');
      const seen = this.held.slice(0, next === -1 ? paletteFrames : Math.min(next, paletteFrames));
      const isSeen = seen.length === paletteFrames || next !== -1 || isEnd;
      const mayStart = !this.scene || first.cut !== 'none' || this.keepsOwnColor;
      if (mayStart && !isSeen) return ready;
      const start = this.startOf(first, seen);
      if (start !== 'none') this.scene = this.begin(first, start, seen);
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

  private startOf(held: Held, seen: readonly Held[]): SceneStart | 'none' {
    if (!this.scene) return held.cut === 'none' ? 'first' : held.cut;
    if (held.cut !== 'none' || !this.keepsOwnColor) return held.cut;
    const spreads = seen.map(({ frame }) => frame.spread);
    const isChange = seen.length === paletteFrames && colorChanges(this.scene.isOwn, spreads);
    return isChange ? 'color' : 'none';
  }

  private begin(held: Held, start: SceneStart, seen: readonly Held[]): Scene {
    const { frame } = held;
    const { size, tools } = this;
    // A copy: the frame may be gone before the palette is computed.
    const picture = sharpest(
      seen.map((other) => other.frame.small),
      size,
    ).slice();
    const isOwn =
      start === 'color' ? this.scene?.isOwn !== true : isInColor(seen.map((other) => other.frame.spread));
    const condition = isOwn ? Promise.resolve(new Float32Array()) : paletteOf([picture], size, tools.network);
    condition.catch(() => undefined); // frames that await it see the error; a title card's frames do not
    const scene: Scene = {
      number: this.scene ? this.scene.number + 1 : 0,
      firstFrame: frame.index,
      firstPts: frame.pts,
      start,
      isCard: !isOwn && isTitleCard(picture, size),
      isOwn,
      condition,
    };
    tools.onScene?.(scene);
    return scene;
  }
}
