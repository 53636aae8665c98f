/**
 * Milliseconds since the epoch, with fractions, for measuring durations. It never runs backwards, and setting the
 * machine's clock does not change it. For the time that people and other programs see, use `wallTimeOf`.
 */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** A smaller difference of the machine's clock is ignored, so that the times of pictures stay even, ms. */
const toleranceMs = 100;

/**
 * The wall-clock time of a moment, by the machine's clock as it is set now. It differs from `epochMs` after NTP has set
 * the clock, a virtual machine has been resumed, or somebody has changed the time.
 * @param momentMs - by `epochMs`
 */
export function wallTimeOf(momentMs: number): number {
  const differenceMs = Date.now() - epochMs();
  return Math.abs(differenceMs) < toleranceMs ? momentMs : momentMs + differenceMs;
}
