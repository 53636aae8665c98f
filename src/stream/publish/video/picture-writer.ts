import type { Writable } from 'node:stream';
import { NutWriter } from '../../../ingest/nut/muxer.ts';
import { rawTag } from '../../../ingest/nut/raw-tags.ts';
import type { SizePx } from '../../../frame.ts';
import { MediaClock, videoClock } from './media-clock.ts';
import type { Picture } from '../../live/pictures/picture.ts';

export interface PictureWriterOptions {
  /** ffmpeg's standard input. */
  readonly pipe: Writable;
  readonly size: SizePx;
  /** A picture is written with this time. */
  readonly onWrite: (picture: Picture, ticks: number) => void;
  /** Pictures were replaced by newer ones. */
  readonly onDrop: (count: number) => void;
}

/** NUT's code for full-range BT.601. */
const fullRangeBt601 = 17;
/** The lowest bit of a time asks for a keyframe: see `h264-encode-args.ts`. */
const stepTicks = 2;
/** Minimum time between two requested keyframes. Each new viewer requests one. */
const keyframeRestMs = 500;

/**
 * Writes pictures as raw video in NUT. One is being written and one waits; a newer picture replaces the waiting one.
 * Each picture is retained from `write` until the pipe has accepted it.
 */
export class PictureWriter implements Disposable {
  private readonly options: PictureWriterOptions;
  private readonly nut: NutWriter;
  private readonly clock = new MediaClock(stepTicks);
  private isWriting = false;
  private isClosed = false;
  private waiting: Picture | undefined;
  private wantsKeyframe = false;
  private keyframeMs = -Infinity;

  constructor(options: PictureWriterOptions) {
    this.options = options;
    const codecTag = rawTag('420', 8);
    this.nut = new NutWriter({ ...options.size, codecTag, timeBase: videoClock, colorspace: fullRangeBt601 });
    options.pipe.write(this.nut.header);
  }

  write(picture: Picture): void {
    if (this.isClosed) return;
    picture.retain();
    if (this.isWriting) {
      this.dropWaiting();
      this.waiting = picture;
    } else this.send(picture);
  }

  /** Makes one of the next pictures a keyframe: the next one, unless there was a keyframe just now. */
  requestKeyframe(): void {
    this.wantsKeyframe = true;
  }

  /** Writes nothing more. Ends the pipe after the current picture. */
  [Symbol.dispose](): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.dropWaiting();
    this.options.pipe.end();
  }

  private send(picture: Picture): void {
    this.isWriting = true;
    const ticks = this.clock.ticks(picture.capturedMs) + (this.takeKeyframeRequest() ? 1 : 0);
    this.options.onWrite(picture, ticks);
    const { pipe } = this.options;
    const sizeBytes = picture.data.length;
    pipe.write(this.nut.packetHeader({ pts: ticks, keyframe: true, sizeBytes }));
    pipe.write(picture.data, () => {
      picture.release();
      this.isWriting = false;
      const next = this.waiting;
      this.waiting = undefined;
      if (next) this.send(next);
    });
  }

  private takeKeyframeRequest(): boolean {
    const nowMs = performance.now();
    if (!this.wantsKeyframe || nowMs - this.keyframeMs < keyframeRestMs) return false;
    this.wantsKeyframe = false;
    this.keyframeMs = nowMs;
    return true;
  }

  private dropWaiting(): void {
    if (!this.waiting) return;
    this.waiting.release();
    this.waiting = undefined;
    this.options.onDrop(1);
  }
}
