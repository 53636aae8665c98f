import type { Writable } from 'node:stream';
import type { SizePx } from '../../../../frame.ts';
import { NutWriter } from '../../../../ingest/nut/muxer.ts';
import { rawTag } from '../../../../ingest/nut/raw-tags.ts';
import type { Picture } from '../../../live/pictures/picture.ts';

/** What became of a picture. `resized`: a stream has one size; a new one must begin. */
export type Sent = 'sent' | 'dropped' | 'resized' | 'stalled';

/** A reader that takes nothing for so long has hung. */
const stallMs = 10_000;
/**
 * Pictures a second at most, one of MPEG-1's few rates. Times count in its ticks: where a stream says no frame rate,
 * ffmpeg takes its unit for that, and MPEG-1's encoder must have one.
 */
const ticksPerS = 25;

/**
 * Writes the luma of pictures as raw gray video in NUT, 25 a second at most. One picture at most is on its way: what
 * comes meanwhile is dropped, never queued.
 */
export class GraySender {
  private readonly output: Writable;
  private readonly nowMs: () => number;
  private stream: { readonly nut: NutWriter; readonly size: SizePx; readonly startMs: number } | undefined;
  private lastPts = -1;
  private busySinceMs: number | undefined;

  /** @param nowMs - a clock that never goes back */
  constructor(output: Writable, nowMs: () => number = () => performance.now()) {
    this.output = output;
    this.nowMs = nowMs;
  }

  /** Takes a picture; retains it until it is written. */
  send(picture: Picture): Sent {
    if (this.busySinceMs !== undefined)
      return this.nowMs() - this.busySinceMs > stallMs ? 'stalled' : 'dropped';
    const stream = (this.stream ??= this.begin(picture));
    const { widthPx, heightPx } = picture.size;
    if (widthPx !== stream.size.widthPx || heightPx !== stream.size.heightPx) return 'resized';
    const tick = Math.round(((picture.capturedMs - stream.startMs) * ticksPerS) / 1000);
    if (tick === this.lastPts) return 'dropped';
    const luma = picture.data.subarray(0, widthPx * heightPx);
    // The camera's clock may be set back; a stream's may not.
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
