/**
 * Milliseconds since the epoch, with fractions, for measuring durations: it never runs backwards, and a clock that is
 * set while the program runs does not change it. The time that people and other programs are told is `wallTimeOf`.
 */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** The machine's clock must differ by more than this, so that the times of pictures stay even, ms. */
const toleranceMs = 100;

/**
 * The wall-clock time of a moment: what the machine's clock, as it is set now, showed then. It differs from `epochMs`
 * after NTP has set the clock, a virtual machine has been resumed, or somebody has changed the time.
 * @param momentMs - by `epochMs`
 */
export function wallTimeOf(momentMs: number): number {
  const differenceMs = Date.now() - epochMs();
  return Math.abs(differenceMs) < toleranceMs ? momentMs : momentMs + differenceMs;
}
