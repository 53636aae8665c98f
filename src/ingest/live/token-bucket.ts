/** Lets a limited number of things per second pass, and short bursts. */
export class TokenBucket {
  private readonly perMs: number;
  private readonly capacity: number;
  private tokens: number;
  private lastMs: number | undefined;

  /**
   * @param perS - things per second in the long run
   * @param burst - things that may pass together after a rest, at least 1
   */
  constructor(perS: number, burst: number) {
    this.perMs = perS / 1000;
    this.capacity = Math.max(1, burst);
    this.tokens = this.capacity;
  }

  /** Whether one may pass now; if so, counts it. */
  take(nowMs: number): boolean {
    this.tokens = Math.min(this.capacity, this.tokens + (nowMs - (this.lastMs ?? nowMs)) * this.perMs);
    this.lastMs = nowMs;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
