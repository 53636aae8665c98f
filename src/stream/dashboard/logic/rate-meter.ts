/** Measures what arrived during the last seconds. */
export interface RateMeter {
  add(nowMs: number, bytes: number): void;
  /** Pictures and bits per second over the last 3 s. */
  read(nowMs: number): { readonly fps: number; readonly bitsPerS: number };
}

const spanMs = 3000;
const mostEvents = 400;

/** Makes a meter with a sliding window. It remembers at most 400 events. */
export function createRateMeter(): RateMeter {
  const events: { readonly atMs: number; readonly bytes: number }[] = [];
  const forget = (nowMs: number): void => {
    while (events.length > mostEvents || (events[0] !== undefined && events[0].atMs <= nowMs - spanMs)) {
      events.shift();
    }
  };
  return {
    add: (nowMs, bytes) => {
      events.push({ atMs: nowMs, bytes });
      forget(nowMs);
    },
    read: (nowMs) => {
      forget(nowMs);
      const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
      return { fps: (events.length * 1000) / spanMs, bitsPerS: (bytes * 8 * 1000) / spanMs };
    },
  };
}
