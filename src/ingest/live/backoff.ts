export interface BackoffOptions {
  /** The first wait, ms; each later one is twice as long. */
  readonly firstMs: number;
  /** The longest wait, ms. */
  readonly longestMs: number;
  /** Each wait varies at random by up to this share, so that many clients do not retry at the same moment. */
  readonly jitter: number;
  /** During the first `lastsMs` of an outage, waits are at most `waitMs`. */
  readonly shortOutage?: { readonly lastsMs: number; readonly waitMs: number };
  /** Returns a random number, 0 up to 1. */
  readonly random: () => number;
}

/** After running well for this long, waits start from the shortest again, ms. */
const healthyMs = 30_000;

/**
 * Waits for a lost camera: 1, 2, 4 ... 30 s, each varied by 20 %. Most outages last a few seconds (a switch
 * restarts), so in the first 10 s no wait is longer than 3 s.
 */
export const cameraBackoff: Omit<BackoffOptions, 'random'> = {
  firstMs: 1000,
  longestMs: 30_000,
  jitter: 0.2,
  shortOutage: { lastsMs: 10_000, waitMs: 3000 },
};

/** Waits for an ffmpeg that encodes and has died; no other client retries at the same time. */
export const encoderBackoff: Omit<BackoffOptions, 'random'> = { firstMs: 1000, longestMs: 30_000, jitter: 0 };

/**
 * Waits of the dashboard for its server: half a second to 15 s. Each is random within the upper half of its span, so
 * that the viewers of a restarted server do not all reconnect at the same moment.
 */
export const viewerBackoff: Omit<BackoffOptions, 'random'> = {
  firstMs: 375,
  longestMs: 11_250,
  jitter: 1 / 3,
};

/**
 * Says how long to wait before the next attempt. An outage begins with the first loss and ends after 30 s of health.
 * If a connection works briefly and fails again, the waits keep growing.
 */
export class Backoff {
  private readonly options: BackoffOptions;
  private doublings = 0;
  private outageMs: number | undefined;

  constructor(options: BackoffOptions) {
    this.options = options;
  }

  /** Takes how long the connection worked before it was lost, ms. */
  lived(ms: number): void {
    if (ms < healthyMs) return;
    this.doublings = 0;
    this.outageMs = undefined;
  }

  /** Reports that an attempt failed, or that a connection was lost, at this time; returns the wait, ms. */
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
