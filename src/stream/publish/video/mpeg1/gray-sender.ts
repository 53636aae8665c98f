import type { Writable } from 'node:stream';
import type { SizePx } from '../../../../frame.ts';
import { NutWriter } from '../../../../ingest/nut/muxer.ts';
import { rawTag } from '../../../../ingest/nut/raw-tags.ts';
import type { Picture } from '../../../live/pictures/picture.ts';

/** What happened to a picture. `resized`: a stream has one size, so a new stream must start. */
export type Sent = 'sent' | 'dropped' | 'resized' | 'stalled';

/** A reader that accepts no bytes for this long has hung. */
const stallMs = 10_000;
/**
 * Maximum pictures per second; one of the few rates of MPEG-1. It is also the time base: ffmpeg derives the frame rate
 * from it if the stream has none, and the MPEG-1 encoder needs one.
 */
const ticksPerS = 25;

/**
 * Writes the luma of pictures as raw gray video in NUT, at most 25 per second. At most one picture is being written;
 * others are dropped, never queued.
 */
export class GraySender {
  private readonly output: Writable;
  private readonly nowMs: () => number;
  private stream: { readonly nut: NutWriter; readonly size: SizePx; readonly startMs: number } | undefined;
  private lastPts = -1;
  private busySinceMs: number | undefined;

  /** @param nowMs - a monotonic clock */
  constructor(output: Writable, nowMs: () => number = () => performance.now()) {
    this.output = output;
    this.nowMs = nowMs;
  }

  /** Sends a picture and retains it until it is written. */
  send(picture: Picture): Sent {
    if (this.busySinceMs !== undefined)
      return this.nowMs() - this.busySinceMs > stallMs ? 'stalled' : 'dropped';
    const stream = (this.stream ??= this.begin(picture));
    const { widthPx, heightPx } = picture.size;
    if (widthPx !== stream.size.widthPx || heightPx !== stream.size.heightPx) return 'resized';
    const tick = Math.round(((picture.capturedMs - stream.startMs) * ticksPerS) / 1000);
    if (tick === this.lastPts) return 'dropped';
    const luma = picture.data.subarray(0, widthPx * heightPx);
    // The camera's clock may go back, the stream's may not.
    this.lastPts = Math.max(this.lastPts + 1, tick);
    this.busySinceMs = this.nowMs();
    picture.retain();
    this.output.write(stream.nut.packetHeader({ pts: this.lastPts, keyframe: true, sizeBytes: luma.length }));
    this.output.write(luma, () => {
      this.busySinceMs = undefined;
      picture.release();
    });
    return 'sent';
  }

  private begin({ size, capturedMs }: Picture): NonNullable<GraySender['stream']> {
    const timeBase = { num: 1, den: ticksPerS };
    const nut = new NutWriter({ ...size, codecTag: rawTag('gray', 8), timeBase });
    this.output.write(nut.header);
    return { nut, size, startMs: capturedMs };
  }
}
