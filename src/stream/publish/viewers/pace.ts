/** Limits the rate of pictures by their own times: steady on average, without a burst after a gap. */
export class Pace {
  private readonly periodMs: number;
  private dueMs = -Infinity;

  /** @param fps - maximum pictures per second; undefined: all */
  constructor(fps: number | undefined) {
    this.periodMs = fps === undefined ? 0 : 1000 / fps;
  }

  /** @param timeMs - the picture's time; it never decreases */
  admits(timeMs: number): boolean {
    if (timeMs < this.dueMs) return false;
    this.dueMs = timeMs - this.dueMs < this.periodMs ? this.dueMs + this.periodMs : timeMs + this.periodMs;
    return true;
  }
}
