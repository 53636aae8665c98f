/** Lets pictures through at a rate, chosen by their own times: steady on average, and without a burst after a gap. */
export class Pace {
  private readonly periodMs: number;
  private dueMs = -Infinity;

  /** @param fps - pictures a second at most; undefined: all */
  constructor(fps: number | undefined) {
    this.periodMs = fps === undefined ? 0 : 1000 / fps;
  }

  /** @param timeMs - the picture's time; never falls */
  admits(timeMs: number): boolean {
    if (timeMs < this.dueMs) return false;
    this.dueMs = timeMs - this.dueMs < this.periodMs ? this.dueMs + this.periodMs : timeMs + this.periodMs;
    return true;
  }
}
