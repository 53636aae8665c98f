/** Frames are passed on this much faster than they were filmed, so that a delay shrinks again. */
const drain = 0.01;
/** Longest time to hold back a frame, ms. */
const longestHoldMs = 30_000;

/**
 * Paces a source that sends its frames in bursts (HLS, fragmented MP4) by its timestamps. A frame that comes too late
 * moves the schedule: from then on, frames are held back long enough to bridge a gap of that length.
 */
export class SourcePacer {
  /** Local time minus source time. */
  private offsetMs: number | undefined;
  private lastPtsMs = 0;

  /**
   * @param ptsMs - the frame's time on the source's clock, never decreasing
   * @returns how long to hold the frame back, ms
   */
  holdMs(ptsMs: number, nowMs: number): number {
    const elapsedMs = Math.max(0, ptsMs - this.lastPtsMs);
    this.lastPtsMs = ptsMs;
    const scheduled = (this.offsetMs ?? -Infinity) - drain * elapsedMs;
    this.offsetMs = Math.max(scheduled, nowMs - ptsMs);
    return Math.min(longestHoldMs, Math.max(0, ptsMs + this.offsetMs - nowMs));
  }
}
