export interface BackoffOptions {
  /** The first wait, ms; each further one is twice as long. */
  readonly firstMs: number;
  /** No wait is longer, ms. */
  readonly longestMs: number;
  /** Share by which a wait varies at random either way, so that many do not try again in one instant. */
  readonly jitter: number;
  /** During the first `lastsMs` of an outage no wait is longer than `waitMs`. */
  readonly shortOutage?: { readonly lastsMs: number; readonly waitMs: number };
  /** 0 up to 1. */
  readonly random: () => number;
}

/** What ran well for this long starts with the shortest wait again, ms. */
const healthyMs = 30_000;

/**
 * Waits for a lost camera: 1, 2, 4 ... 30 s, each varied by 20 %. A camera is most often gone for some seconds (a switch
 * restarts), so no wait of the first 10 s is above 3 s.
 */
export const cameraBackoff: Omit<BackoffOptions, 'random'> = {
  firstMs: 1000,
  longestMs: 30_000,
  jitter: 0.2,
  shortOutage: { lastsMs: 10_000, waitMs: 3000 },
};

/** Waits for an ffmpeg that encodes and has died: nobody else starts one at the same time. */
export const encoderBackoff: Omit<BackoffOptions, 'random'> = { firstMs: 1000, longestMs: 30_000, jitter: 0 };

/**
 * How long to wait before the next attempt. An outage begins with the first loss and ends with 30 s of health: what
 * works for a moment and fails again goes on with longer waits.
 */
export class Backoff {
  private readonly options: BackoffOptions;
  private doublings = 0;
  private outageMs: number | undefined;

  constructor(options: BackoffOptions) {
    this.options = options;
  }

  /** Tells how long it worked before it was lost, ms. */
  lived(ms: number): void {
    if (ms < healthyMs) return;
    this.doublings = 0;
    this.outageMs = undefined;
  }

  /** An attempt failed, or what worked was lost, at this time; returns the wait, ms. */
  nextMs(nowMs: number): number {
    const { firstMs, longestMs, jitter, shortOutage, random } = this.options;
    this.outageMs ??= nowMs;
    const full = Math.min(longestMs, firstMs * 2 ** this.doublings);
    const isShort =
      shortOutage !== undefined && nowMs - this.outageMs < shortOutage.lastsMs && full > shortOutage.waitMs;
    if (!isShort && full < longestMs) this.doublings++;
    const waitMs = isShort ? shortOutage.waitMs : full;
    return waitMs * (1 - jitter + 2 * jitter * random());
  }
}
