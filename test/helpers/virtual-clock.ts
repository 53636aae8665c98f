import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/ingest/live/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly action: () => void;
}

/** A clock that moves only when a test moves it. */
export class VirtualClock implements Clock {
  readonly random: () => number;
  private timeMs = 0;
  private readonly timers = new Set<Timer>();

  /** @param random - default: always 0.5 */
  constructor(random = (): number => 0.5) {
    this.random = random;
  }

  readonly nowMs = (): number => this.timeMs;

  readonly after = (delayMs: number, action: () => void): (() => void) => {
    const timer = { dueMs: this.timeMs + delayMs, action };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  /** Moves the clock. Timers run in order, and code that awaits one runs before the next timer. */
  async pass(ms: number): Promise<void> {
    const endMs = this.timeMs + ms;
    await nextTurn();
    for (let timer = this.nextDue(endMs); timer !== undefined; timer = this.nextDue(endMs)) {
      this.timers.delete(timer);
      this.timeMs = timer.dueMs;
      timer.action();
      await nextTurn();
    }
    this.timeMs = endMs;
  }

  private nextDue(endMs: number): Timer | undefined {
    return [...this.timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}
