/** Time and random numbers, passed in so that tests can run hours in an instant. */
export interface Clock {
  /** Milliseconds since the epoch, with fractions; it never goes back. */
  readonly nowMs: () => number;
  /** Returns a random number, 0 up to 1. */
  readonly random: () => number;
  /** Calls the function once after the delay; the returned function cancels it. */
  readonly after: (delayMs: number, action: () => void) => () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  random: Math.random,
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after the delay, or immediately when the signal aborts. */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal.addEventListener('abort', end);
  });
}
