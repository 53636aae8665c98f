/** Ticks per second of the video clock in RTP and in our fMP4. */
export const videoClockHz = 90_000;
/** Its time base. */
export const videoClock = { num: 1, den: videoClockHz };
const ticksPerMs = videoClockHz / 1000;
/** How far the clock advances if it cannot follow the capture times: 40 ms. */
export const frameTicks = 3600;
/** If capture times go back by less than this, they count as jitter, not as a clock that was set. */
const jitterTicks = videoClockHz;

/**
 * Turns capture times into 90 kHz ticks, which start at 0 and always increase. The ticks follow increasing capture times
 * exactly. If the times go back because somebody set the machine's clock, the ticks continue from where they were.
 */
export class MediaClock {
  private readonly stepTicks: number;
  private originMs: number | undefined;
  private originTicks = 0;
  private lastTicks = -Infinity;

  /** @param stepTicks - all ticks are multiples of this */
  constructor(stepTicks = 1) {
    this.stepTicks = stepTicks;
  }

  /** Lets the next picture start at `ticks`, whatever its capture time. */
  restartAt(ticks: number): void {
    this.originMs = undefined;
    this.originTicks = ticks;
  }

  /** @param capturedMs - ms since the epoch, with fractions */
  ticks(capturedMs: number): number {
    this.originMs ??= capturedMs;
    const ticks = this.at(capturedMs, this.originMs);
    if (ticks > this.lastTicks) return (this.lastTicks = ticks);
    if (this.lastTicks - ticks < jitterTicks) return (this.lastTicks += this.stepTicks);
    this.originTicks = this.lastTicks + frameTicks;
    this.originMs = capturedMs;
    return (this.lastTicks = this.originTicks);
  }

  private at(capturedMs: number, originMs: number): number {
    const steps = Math.round(((capturedMs - originMs) * ticksPerMs) / this.stepTicks);
    return this.originTicks + steps * this.stepTicks;
  }
}
