/** Time and chance, passed in so that tests can run hours in an instant. */
export interface Clock {
  /** Milliseconds since the epoch, with fractions; never goes back. */
  readonly nowMs: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Calls once after the delay; the result calls it off. */
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

/** Resolves after the delay, or at once when the signal aborts. */
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
