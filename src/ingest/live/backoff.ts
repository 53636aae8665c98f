const firstDelayMs = 1000;
const longestDelayMs = 30_000;
const jitter = 0.2;
/** So long a connection must have lived for the next loss to count as the first. */
const healthyMs = 30_000;
/** A camera is most often gone for some seconds (a switch restarts): in the beginning nobody waits long for it. */
const shortOutageMs = 10_000;
const shortOutageDelayMs = 3000;

/**
 * How long to wait before the next attempt: 1, 2, 4 ... 30 s, for ever, each with 20 % of chance either way so that
 * cameras behind one switch do not come back in one instant. In the first 10 s of a row no wait is above 3 s. A row
 * begins with the first loss and ends with 30 s of health: a camera that gives a frame and hangs up goes on in it.
 */
export class Backoff {
  private readonly random: () => number;
  private doublings = 0;
  private rowMs: number | undefined;

  constructor(random: () => number) {
    this.random = random;
  }

  /** Tells how long a connection delivered frames before it was lost. */
  lived(ms: number): void {
    if (ms < healthyMs) return;
    this.doublings = 0;
    this.rowMs = undefined;
  }

  /** An attempt failed, or a connection was lost, at this time; gives the pause, ms. */
  nextMs(nowMs: number): number {
    this.rowMs ??= nowMs;
    const full = Math.min(longestDelayMs, firstDelayMs * 2 ** this.doublings);
    const isShort = nowMs - this.rowMs < shortOutageMs && full > shortOutageDelayMs;
    if (!isShort && full < longestDelayMs) this.doublings++;
    const delayMs = isShort ? shortOutageDelayMs : full;
    return delayMs * (1 - jitter + 2 * jitter * this.random());
  }
}
