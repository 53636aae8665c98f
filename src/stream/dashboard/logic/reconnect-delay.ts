/** Waiting times between attempts to reach the server again. */
export interface ReconnectDelay {
  /** Milliseconds to wait before the next attempt; grows with each call. */
  nextMs(): number;
  /** To be called when a connection has proved good. */
  reset(): void;
}

const firstMs = 500;
const longestMs = 15_000;

/**
 * Doubles from half a second to 15 s. Each time is drawn from the upper half of its span, so that many viewers of a
 * server that was restarted do not come back in one moment.
 * @param random - as `Math.random`: 0 <= r < 1
 */
export function createReconnectDelay(random: () => number): ReconnectDelay {
  let attempts = 0;
  return {
    nextMs: () => {
      const spanMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempts++, 10));
      return spanMs * (0.5 + random() / 2);
    },
    reset: () => {
      attempts = 0;
    },
  };
}
