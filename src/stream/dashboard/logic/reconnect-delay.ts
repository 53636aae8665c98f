/** Delays between attempts to reach the server again. */
export interface ReconnectDelay {
  /** Milliseconds until the next attempt; grows with each call. */
  nextMs(): number;
  /** Call it when a connection has proved to work. */
  reset(): void;
}

const firstMs = 500;
const longestMs = 15_000;

/**
 * Doubles from half a second to 15 s. Each delay is random within the upper half of its span, so that the viewers of a
 * restarted server do not all reconnect at the same moment.
 * @param random - like `Math.random`: 0 <= r < 1
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
