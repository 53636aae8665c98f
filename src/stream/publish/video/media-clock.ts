/** Ticks a second of RTP's and our fMP4's clock for video. */
export const videoClockHz = 90_000;
/** Its time base. */
export const videoClock = { num: 1, den: videoClockHz };
const ticksPerMs = videoClockHz / 1000;
/** How far the clock goes on where it cannot follow the capture times: 40 ms. */
export const frameTicks = 3600;
/** Capture times that go back by less are taken for unsteady ones, not for a clock that was set. */
const jitterTicks = videoClockHz;

/**
 * Turns capture times into 90 kHz ticks from 0 that always increase. It follows the capture times exactly while they
 * do; when they go back (the machine's clock was set) it goes on from where it was.
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

  /** The next picture begins at `ticks`, whatever its capture time. */
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
