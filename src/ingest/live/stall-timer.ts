import type { Clock } from './clock.ts';

const connectTimeoutMs = 15_000;
/** Some cameras send a keyframe only every 30 s; before the first one nothing can be decoded. */
const firstPictureTimeoutMs = 60_000;
const shortestStallMs = 5000;
const stallFrames = 20;
/** Weight of the newest interval in the mean. */
const newestWeight = 1 / 8;

/**
 * Reports once that no frame came for too long. ffmpeg's own timeouts take four times as long as requested, or never
 * end. The limit is 15 s until the source has answered, 60 s from then to its first frame, and 15 s to the second one
 * (the rate is not yet known). After that it is the longer of 5 s and 20 frame times, or the value from the config.
 */
export class StallTimer implements Disposable {
  private readonly clock: Clock;
  private readonly fixedMs: number | undefined;
  private readonly onStall: () => void;
  private cancel: () => void;
  private lastMs: number;
  private frames = 0;
  private isOpen = false;
  private meanIntervalMs = 0;

  /** @param fixedMs - the longest time between frames, from the config */
  constructor(clock: Clock, fixedMs: number | undefined, onStall: () => void) {
    this.clock = clock;
    this.fixedMs = fixedMs;
    this.onStall = onStall;
    this.lastMs = clock.nowMs();
    this.cancel = this.arm();
  }

  /** When the last frame came; undefined before the first. */
  get lastFrameMs(): number | undefined {
    return this.frames === 0 ? undefined : this.lastMs;
  }

  /** The longest silence that is still normal, ms. */
  get limitMs(): number {
    const firstMs = this.isOpen ? firstPictureTimeoutMs : connectTimeoutMs;
    if (this.frames === 0) return Math.max(firstMs, this.fixedMs ?? 0);
    if (this.fixedMs !== undefined) return this.fixedMs;
    if (this.frames === 1) return connectTimeoutMs;
    return Math.max(shortestStallMs, stallFrames * this.meanIntervalMs);
  }

  /** The source has answered and named its streams. */
  opened(): void {
    if (this.isOpen || this.frames > 0) return;
    this.isOpen = true;
    this.lastMs = this.clock.nowMs();
  }

  /** A frame came. */
  frame(): void {
    const nowMs = this.clock.nowMs();
    const interval = nowMs - this.lastMs;
    if (this.frames === 1) this.meanIntervalMs = interval;
    else if (this.frames > 1) this.meanIntervalMs += (interval - this.meanIntervalMs) * newestWeight;
    this.lastMs = nowMs;
    this.frames++;
    if (this.frames > 2) return; // the running timer checks again when it is due
    this.cancel(); // the limit has become shorter
    this.cancel = this.arm();
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  private arm(): () => void {
    const leftMs = this.lastMs + this.limitMs - this.clock.nowMs();
    return this.clock.after(Math.max(1, leftMs), () => {
      if (this.clock.nowMs() - this.lastMs >= this.limitMs) this.onStall();
      else this.cancel = this.arm();
    });
  }
}
