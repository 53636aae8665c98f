import { isDeepStrictEqual } from 'node:util';
import type { CameraConfig } from '../../config/schema.ts';
import { sameSize } from '../../frame.ts';
import type { LiveBuffers, LiveFrame } from '../../ingest/live/live-feed.ts';
import type { LiveStepResult, RenditionTask } from '../pixels/camera/live-step.ts';
import { fillSpans } from '../pixels/mask.ts';
import { ownChroma } from '../pixels/camera/own-chroma.ts';
import type { CameraFigures } from './camera-figures.ts';
import { epochMs } from './epoch.ts';
import type { LiveColor } from './live-color.ts';
import { LumaPool, type LumaBuffer } from './pictures/luma-pool.ts';
import type { Picture } from './pictures/picture.ts';
import type { PreparedRendition, Renditions } from './pictures/renditions.ts';
import { SpanCache } from './pictures/span-cache.ts';

export type CameraFrame = LiveFrame<LumaBuffer>;
type Masks = CameraConfig['masks'];

export interface FrameMakerOptions {
  readonly color: LiveColor;
  readonly renditions: Renditions;
  readonly figures: CameraFigures;
  readonly masks: Masks;
}

/** Without viewers one frame per this time is coloured, to keep colour and palette fresh, ms. */
const idleEveryMs = 1000;

/**
 * Makes the pictures of one camera's frames, one frame at a time: it masks and colours the frame, and makes every size
 * that is watched. It keeps the last frame, so that a new size or a new mask can be shown while the camera is lost.
 */
export class FrameMaker {
  private readonly options: FrameMakerOptions;
  private readonly luma = new LumaPool();
  private readonly spans = new SpanCache();
  private readonly chromaSpans = new SpanCache();
  private masksNow: Masks;
  private last: CameraFrame | undefined;
  private lastStepMs = 0;
  private lastTakenMs = 0;
  private sequence = 0;
  private isOver = false;

  constructor(options: FrameMakerOptions) {
    this.options = options;
    this.masksNow = options.masks;
  }

  /** Memory for the frames of a feed. */
  get buffers(): LiveBuffers<LumaBuffer> {
    return {
      acquire: (bytes) => this.luma.acquire(bytes),
      release: (buffer) => this.luma.release(buffer),
    };
  }

  /** The current masks. The object changes only when a mask changes. */
  get masks(): Masks {
    return this.masksNow;
  }

  /**
   * Masks the last frame, and forgets the pictures that were made from it.
   * @returns whether the masks have changed
   */
  applyMasks(masks: Masks): boolean {
    if (isDeepStrictEqual(masks, this.masksNow)) return false;
    this.masksNow = masks;
    if (this.last) this.cover(this.last);
    this.options.renditions.forget();
    return true;
  }

  /** Whether to colour a frame: every frame while somebody watches, otherwise one per second. */
  isNeeded(frame: CameraFrame): boolean {
    const isNeeded = this.options.renditions.isWanted || frame.capturedMs - this.lastTakenMs >= idleEveryMs;
    if (isNeeded) this.lastTakenMs = frame.capturedMs;
    return isNeeded;
  }

  /** Releases a frame's buffer. */
  release(frame: CameraFrame): void {
    this.luma.release(frame.buffer);
  }

  /** Makes a frame's pictures and publishes them. It owns the frame from now on. */
  async make(frame: CameraFrame): Promise<void> {
    const { color, renditions, figures } = this.options;
    const elapsedS = Math.min(1, Math.max(0, (frame.capturedMs - this.lastStepMs) / 1000));
    const masks = this.masksNow;
    this.cover(frame);
    const prepared = renditions.prepare(frame.size, masks);
    const colored = await color.step(frame, tasksOf(prepared), elapsedS);
    if (this.last) this.release(this.last);
    this.last = frame;
    this.lastStepMs = frame.capturedMs;
    const isCovered = masks === this.masksNow;
    if (!isCovered) this.cover(frame);
    if (!colored || !isCovered || this.isOver) {
      renditions.abandon(prepared);
      return;
    }
    figures.countOut(colored.hasAnswer);
    this.publish(prepared, aboutOf(frame), colored.result.jpegs);
    color.lookAhead(frame, colored.result, !renditions.isWanted);
  }

  /**
   * Makes pictures of the last frame in the sizes that have none yet.
   * @returns whether any size needed one
   */
  async makeMissing(): Promise<boolean> {
    const { last } = this;
    const { color, renditions } = this.options;
    if (!last || !color.size || !sameSize(last.size, color.size)) return false;
    const masks = this.masksNow;
    const prepared = renditions.prepareMissing(last.size, masks);
    if (prepared.length === 0) return false;
    const made = await color.stepAgain(last, tasksOf(prepared));
    if (made && masks === this.masksNow)
      this.publish(prepared, { ...aboutOf(last), isRepeat: true }, made.jpegs);
    else renditions.abandon(prepared);
    return true;
  }

  /** Draws lines of text over the last pictures, for viewers that no other message reaches. */
  publishCard(lines: readonly string[]): void {
    this.sequence++;
    this.options.renditions.publishCard(lines, { sequence: this.sequence, capturedMs: epochMs() });
  }

  /** Publishes nothing more, because the camera is removed. A frame in progress is dropped. */
  complete(): void {
    this.isOver = true;
  }

  /** Blacks out the masked parts of a frame, before anything else sees it. */
  private cover({ buffer, size, hasChroma }: CameraFrame): void {
    fillSpans(buffer.data, size.widthPx, this.spans.spansOf(this.masksNow, size), 0);
    if (hasChroma !== true) return;
    const { cb, cr, size: half } = ownChroma(buffer.memory, size);
    const spans = this.chromaSpans.spansOf(this.masksNow, half);
    for (const plane of [cb, cr]) fillSpans(plane, half.widthPx, spans, 128);
  }

  private publish(
    prepared: readonly PreparedRendition[],
    about: Pick<Picture, 'capturedMs' | 'isRepeat' | 'isReduced'>,
    jpegs: LiveStepResult['jpegs'],
  ): void {
    this.sequence++;
    const isOwnColor = this.options.color.isOwnColor;
    this.options.renditions.publish(prepared, { sequence: this.sequence, isOwnColor, ...about }, jpegs);
  }
}

function aboutOf({ capturedMs, isReduced = false }: CameraFrame): Pick<Picture, 'capturedMs' | 'isReduced'> {
  return { capturedMs, isReduced };
}

function tasksOf(prepared: readonly PreparedRendition[]): RenditionTask[] {
  return prepared.map(({ task }) => task);
}
