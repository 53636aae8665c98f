/** Estimates how far the server's clock is ahead of ours, from answers to `time` messages. */
export interface ClockOffset {
  /**
   * Takes one answer.
   * @param sentMs - when we asked, by our clock
   * @param serverMs - the server's clock
   * @param receivedMs - when the answer arrived, by our clock
   */
  add(sentMs: number, serverMs: number, receivedMs: number): void;
  /** Server's clock minus ours, ms; undefined before the first answer. */
  readonly offsetMs: number | undefined;
}

const keptSamples = 8;

/**
 * The answer with the shortest round trip is the most exact (RFC 5905, clock filter): the server read its clock in the
 * middle, with an error of at most half the round trip. Only the last 8 answers count, because clocks drift.
 */
export function createClockOffset(): ClockOffset {
  const samples: { readonly wayMs: number; readonly offsetMs: number }[] = [];
  return {
    add: (sentMs, serverMs, receivedMs) => {
      if (receivedMs < sentMs) return; // our clock was set back meanwhile
      samples.push({ wayMs: receivedMs - sentMs, offsetMs: serverMs - (sentMs + receivedMs) / 2 });
      if (samples.length > keptSamples) samples.shift();
    },
    get offsetMs() {
      return samples.reduce<(typeof samples)[number] | undefined>(
        (best, sample) => (best === undefined || sample.wayMs <= best.wayMs ? sample : best),
        undefined,
      )?.offsetMs;
    },
  };
}
