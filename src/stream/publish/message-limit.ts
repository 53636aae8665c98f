/** A token bucket: so many a second on the long run, twice as many at once. */
export class MessageLimit {
  private readonly perSecond: number;
  private readonly nowMs: () => number;
  private tokens: number;
  private filledMs: number;

  constructor(perSecond: number, nowMs: () => number) {
    this.perSecond = perSecond;
    this.nowMs = nowMs;
    this.tokens = 2 * perSecond;
    this.filledMs = nowMs();
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    const now = this.nowMs();
    const gained = ((now - this.filledMs) / 1000) * this.perSecond;
    this.tokens = Math.min(this.tokens + gained, 2 * this.perSecond);
    this.filledMs = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
